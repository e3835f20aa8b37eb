import type { IncomingMessage } from 'node:http';
import type { HeaderHook } from '../hooks.ts';
import type { LargeBody } from '../http/body.ts';
import type { PathRewrite } from '../http/target.ts';
import type { Strategy } from '../race/delay.ts';
import type { TlsOptions, Transport } from '../transports/transport.ts';

/** An endpoint with more to say than its URL. */
export interface EndpointOptions {
  /** Absolute URL; `http:`, `https:`, or `http+unix://%2Fpath%2Fto.sock/base`. */
  readonly url: string | URL;
  /**
   * Name in logs, events, errors and snapshots.
   * @default the URL without credentials and query
   */
  readonly name?: string;
  /** Headers that every request to this endpoint gets; they replace what the client sent under these names. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export type EndpointOption = string | URL | EndpointOptions;

/**
 * `200` and `'200'`: the whole class 200-299, as for every round hundred. `'2xx'`: the same. `'404'`: this status.
 * `'200-204'`: this range; so `'200-200'` is exactly 200. Several in one string are separated by commas.
 */
export type TerminalStatuses = string | number | ReadonlyArray<string | number>;

export interface TimeoutOptions {
  /**
   * Milliseconds for one attempt to set up its connection: DNS, TCP and TLS.
   * @default 3_000
   */
  readonly connectMs?: number;
  /**
   * Milliseconds from the start of one attempt to its response head.
   * @default 30_000
   */
  readonly responseMs?: number;
  /**
   * Milliseconds of silence within a response body. A client that reads slowly is not silence.
   * @default 60_000
   */
  readonly idleMs?: number;
  /**
   * Milliseconds for the whole request until the winner's head, all attempts together.
   * @default Infinity
   */
  readonly totalMs?: number;
}

/** What {@link createBalancingProxy} takes. Everything but `endpoints` has a default. */
export interface BalancingProxyOptions {
  /** The servers that should all give the same answer. A base path and a query are put in front of the request's own. */
  readonly endpoints: readonly EndpointOption[];
  /**
   * Statuses that may be given to the client; any other response is discarded while another endpoint may answer.
   * @default '100,200,300,400'
   */
  readonly terminalStatuses?: TerminalStatuses;
  /**
   * `'race'`: ask all endpoints at once. `'failover'`: ask the next one only when the one before failed.
   * @default 'race'
   */
  readonly strategy?: Strategy;
  /** Limits in milliseconds; see {@link TimeoutOptions}. */
  readonly timeouts?: TimeoutOptions;
  /**
   * Most bytes of a request body that are buffered for replay; a longer one is answered with 413.
   * @default 1_048_576
   */
  readonly bodyLimitBytes?: number;
  /**
   * What to do with a longer body: `'reject'` answers 413, `'stream'` sends it, unbuffered, to one endpoint only.
   * @default 'reject'
   */
  readonly largeBody?: LargeBody;
  /**
   * Makes another path of the request's, query included, after the mount prefix came off and before an endpoint's base
   * path goes on. It must return a path that starts with a slash.
   * @default the path as it is
   */
  readonly pathRewrite?: PathRewrite;
  /**
   * Forwards the client's `Host` instead of the endpoint's own.
   * @default false
   */
  readonly preserveHost?: boolean;
  /**
   * Changes the headers of each attempt: gets them in node:http's form and returns the ones to set; undefined takes a
   * header away. It comes after hop-by-hop headers were taken off. When it throws or rejects, the attempt fails.
   * @default none
   */
  readonly rewriteRequest?: HeaderHook;
  /**
   * The same for the response that is about to win; `context.status` is its status.
   * @default none
   */
  readonly rewriteResponse?: HeaderHook;
  /**
   * Whether to believe the `X-Forwarded-*` and `Forwarded` headers that came in and to append to them; otherwise they
   * are replaced.
   * @default Express's `trust proxy` setting where there is one, else false
   */
  readonly trustForwarded?: boolean | ((req: IncomingMessage) => boolean);
  /**
   * Our pseudonym in the `Via` header, by which a request that comes back to us is recognised. Give all instances of a
   * fleet the same one. A token of RFC 9110 5.6.2.
   * @default `balancing-reverse-proxy-` and 8 random letters
   */
  readonly via?: string;
  /**
   * Tells the client in `X-Served-By` which endpoint answered.
   * @default false
   */
  readonly exposeEndpoint?: boolean;
  /**
   * Certificates and their checking for https endpoints.
   * @default what Node does, with certificates verified
   */
  readonly tls?: TlsOptions;
  /**
   * What sends the attempts. The proxy's `close()` closes it.
   * @default gotTransport()
   */
  readonly transport?: Transport;
}
