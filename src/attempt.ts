import type { Readable } from 'node:stream';
import type { Endpoint } from './endpoints/endpoint.ts';
import type { AttemptOutcome, AttemptReport, BalancingProxyError } from './errors.ts';
import type { HeaderList } from './http/headers.ts';
import type { InterimResponse, UpstreamResponse } from './transports/transport.ts';

/** The record of one try of one request at one endpoint. */
export class Attempt {
  readonly endpoint: Endpoint;
  readonly #requestStartedAt: number;
  readonly #startedAt = performance.now();
  #ended: Pick<AttemptReport, 'outcome' | 'error' | 'durationMs'> | undefined;
  #status: number | undefined;

  constructor(endpoint: Endpoint, requestStartedAt: number) {
    this.endpoint = endpoint;
    this.#requestStartedAt = requestStartedAt;
    endpoint.attemptStarted();
  }

  answered(status: number): void {
    this.#status = status;
  }

  end(outcome: AttemptOutcome, error?: BalancingProxyError): void {
    // A cancelled attempt was ended by us: that is no fault to report.
    const reason = outcome === 'cancelled' ? undefined : error;
    this.#ended = { outcome, durationMs: performance.now() - this.#startedAt, ...(reason && { error: reason }) };
    this.endpoint.attemptEnded(outcome);
  }

  report(): AttemptReport {
    return {
      endpoint: this.endpoint.name,
      ...(this.#status !== undefined && { status: this.#status }),
      startedAfterMs: this.#startedAt - this.#requestStartedAt,
      ...(this.#ended ?? { outcome: 'pending', durationMs: performance.now() - this.#startedAt }),
    };
  }
}

/** An endpoint's response with our judgement of it. */
export interface Answer {
  readonly attempt: Attempt;
  readonly response: UpstreamResponse;
  /** The headers for the client: hop-by-hop ones taken off, rewritten. */
  readonly headers: HeaderList;
  /** Interim responses that came before the head. */
  readonly interim: readonly InterimResponse[];
  /** The whole body of a small usable response, else the stream that it still is. */
  readonly body: Buffer | Readable;
  /** The bytes that the body announces, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  readonly isUsable: boolean;
}
