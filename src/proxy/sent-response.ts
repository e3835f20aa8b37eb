import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import type { Arrival } from '../race/rules.ts';

/** The response that the client is given, from the moment in which that is settled. It keeps its endpoint busy until it ends. */
export class SentResponse {
  readonly #arrival: Arrival<JudgedResponse>;

  /** @param signal cuts the response off. */
  constructor(arrival: Arrival<JudgedResponse>, signal: AbortSignal) {
    const { value, abort } = arrival;
    this.#arrival = arrival;
    value.attempt.candidate.endpoint.responseStarted();
    signal.addEventListener('abort', () => {
      abort.abort(signal.reason);
      // Of a body that has come whole and waits for its client nothing is left that the transport could break off.
      if (!(value.body instanceof Uint8Array)) value.body.destroy();
    });
  }

  /** The name of the endpoint whose response it is. */
  get servedBy(): string {
    return this.#arrival.value.attempt.name;
  }

  /** Ends the response; what the transport still does for it goes on. */
  end(): void {
    this.#arrival.value.attempt.candidate.endpoint.responseEnded();
  }

  /** Ends what the transport does for the response. */
  cut(reason: Error | undefined): void {
    this.#arrival.abort.abort(reason);
  }
}
