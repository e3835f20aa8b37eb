import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import type { Arrival } from '../race/rules.ts';

/** The response that the client is given, which keeps its endpoint busy until it ends. */
export class SentResponse {
  readonly #arrival: Arrival<JudgedResponse>;

  /** @param signal cuts the response off when it fires. */
  constructor(arrival: Arrival<JudgedResponse>, signal: AbortSignal) {
    const { value, abort } = arrival;
    this.#arrival = arrival;
    value.attempt.candidate.endpoint.responseStarted();
    signal.addEventListener('abort', () => {
      abort.abort(signal.reason);
      // The transport cannot break off a body that has come whole and waits for its client in the stream.
      if (!(value.body instanceof Uint8Array)) value.body.destroy();
    });
  }

  /** The name of the endpoint whose response it is. */
  get servedBy(): string {
    return this.#arrival.value.attempt.name;
  }

  /** Takes note of its end; the transport may still be sending an upload. */
  end(): void {
    this.#arrival.value.attempt.candidate.endpoint.responseEnded();
  }

  /** Has the transport stop. */
  cut(reason: Error | undefined): void {
    this.#arrival.abort.abort(reason);
  }
}
