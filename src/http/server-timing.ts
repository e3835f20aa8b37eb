import { round } from '../support/round.ts';

/** The attempts of a request, as far as a client is told of them. */
interface ToldAttempts {
  /** The name of the endpoint whose response it is. */
  readonly endpoint: string;
  /** Milliseconds from the coming of the request to that response. */
  readonly afterMs: number;
  /** The number of attempts that were begun by then. */
  readonly attempts: number;
}

/** A value of `Server-Timing` (https://www.w3.org/TR/server-timing/), such as `brp-endpoint;desc="a";dur=12.3, brp-attempts;desc="2"`. */
export function serverTiming({ endpoint, afterMs, attempts }: ToldAttempts): string {
  return `brp-endpoint;desc=${quoted(endpoint)};dur=${round(afterMs, 1)}, brp-attempts;desc="${attempts}"`;
}

/** A quoted string of RFC 9110 5.6.4. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
