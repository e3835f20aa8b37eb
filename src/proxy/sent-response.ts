import type { ServerResponse } from 'node:http';
import type { AttemptLedger } from '../attempts/ledger.ts';
import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import { toProxyError } from '../client/response/answer-error.ts';
import { endedByApp, isBegunByApp } from '../client/response/ending.ts';
import type { BalancingProxyError } from '../errors.ts';
import type { HeaderList } from '../http/headers.ts';
import type { Arrival } from '../race/rules.ts';

/** The response that the client is given, which keeps its endpoint busy until it ends. Other endpoints may go on with it. */
export class SentResponse {
  readonly #ledger: AttemptLedger;
  #arrival: Arrival<JudgedResponse>;
  #isComing = true;
  #resumes = 0;
  #bytesBeforeCut = 0;

  /** @param signal cuts the response off when it fires. */
  constructor(arrival: Arrival<JudgedResponse>, ledger: AttemptLedger, signal: AbortSignal) {
    this.#arrival = arrival;
    this.#ledger = ledger;
    this.#endpoint.responseStarted();
    signal.addEventListener('abort', () => this.#stop(signal.reason));
  }

  /** The response, or the one that goes on with it. */
  get judged(): JudgedResponse {
    return this.#arrival.value;
  }

  /** The name of the endpoint whose response it is; the last one, where several have gone on with it. */
  get servedBy(): string {
    return this.judged.attempt.name;
  }

  /** How often another endpoint has gone on with it. */
  get resumes(): number {
    return this.#resumes;
  }

  /** Bytes of a streamed body that the client was given before it was cut. */
  get bytesBeforeCut(): number {
    return this.#bytesBeforeCut;
  }

  /** Takes note of {@link bytesBeforeCut}. Needs no `this`. */
  readonly wasCutAt = (bytes: number): void => {
    this.#bytesBeforeCut = bytes;
  };

  get #endpoint() {
    return this.judged.attempt.candidate.endpoint;
  }

  /**
   * The headers for the client, when the user's function has made them. Its endpoint is let go of when it cannot be sent.
   * @param res the response to the client.
   * @throws whatever `headers` rejects with; BalancingProxyError `ERR_BRP_ENDED_BY_APP` when the app has answered meanwhile.
   */
  async untilRewritten(headers: Promise<HeaderList>, res: ServerResponse): Promise<HeaderList> {
    try {
      const list = await headers;
      if (isBegunByApp(res)) throw endedByApp();
      return list;
    } catch (thrown) {
      this.#stop(toProxyError(thrown));
      // The transport does not close a connection that has left HTTP.
      this.judged.response.upgraded?.socket.destroy();
      throw thrown;
    }
  }

  /**
   * Takes note that the endpoint has broken off, and lets go of it.
   * @param atByte bytes of the body that the client was given.
   */
  brokeOff(error: BalancingProxyError, atByte: number): void {
    const { attempt, isUsable } = this.judged;
    // A spare has counted as unusable already.
    if (isUsable) this.#ledger.brokeOff(attempt, error, atByte);
    this.#stop(error);
    this.end();
  }

  /** Takes note of the response that goes on. */
  goOnWith(arrival: Arrival<JudgedResponse>): void {
    this.#arrival = arrival;
    this.#isComing = true;
    this.#resumes++;
    this.#endpoint.responseStarted();
  }

  /** Takes note of its end, once; the transport may still be sending an upload. */
  end(): void {
    if (this.#isComing) this.#endpoint.responseEnded();
    this.#isComing = false;
  }

  /** Has the transport stop. */
  cut(reason: Error | undefined): void {
    this.#arrival.abort.abort(reason);
  }

  #stop(reason: Error): void {
    this.cut(reason);
    const { body } = this.judged;
    // The transport cannot break off a body that has come whole and waits for its client in the stream.
    if (!(body instanceof Uint8Array)) body.destroy();
  }
}
