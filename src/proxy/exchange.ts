import type { IncomingMessage, ServerResponse } from 'node:http';
import { exhausted } from '../attempts/exhausted.ts';
import type { JudgedResponse } from '../attempts/judged-response.ts';
import { AttemptLedger } from '../attempts/ledger.ts';
import { release } from '../attempts/release.ts';
import { abandonUpload } from '../client/request/abandon-upload.ts';
import { toProxyError } from '../client/response/answer-error.ts';
import { ClientWatch } from '../client/response/client-watch.ts';
import { endedByApp, isBegunByApp, isEndedByApp } from '../client/response/ending.ts';
import type { Candidate } from '../endpoints/pool.ts';
import { BalancingProxyError } from '../errors.ts';
import type { RequestEnded } from '../events/events.ts';
import type { Reporter } from '../events/reporter.ts';
import { Race } from '../race/race.ts';
import type { Arrival, RaceOptions } from '../race/rules.ts';
import type { Strategy } from '../race/strategies/strategies.ts';
import { Spares } from './spares.ts';

export interface ExchangeSettings {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly reporter: Reporter;
  /** Milliseconds until it must be settled which response is sent, or Infinity. */
  readonly totalMs: number;
  /** Called once, when the response and every attempt have ended. */
  onEnd(): void;
}

/** How the response to the client ended. */
type End = Pick<RequestEnded, 'status' | 'bytes' | 'durationMs' | 'error'>;

/** One client's request, from its arrival to the last byte of its response, with the attempts made for it. */
export class Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly reporter: Reporter;
  readonly ledger: AttemptLedger;
  /** How the endpoints are asked, once that is decided. */
  strategy: Strategy | undefined;
  /** The body is too large to be replayed and goes to one endpoint only. */
  isBodyStreamed = false;
  /** The client's body, if it was read, until the head of the response is out. */
  readBody: Buffer | undefined;
  readonly #startedAt = performance.now();
  readonly #client: ClientWatch;
  readonly #spares = new Spares();
  readonly #totalTimer: NodeJS.Timeout | undefined;
  readonly #onEnd: () => void;
  #race: Race<Candidate, JudgedResponse> | undefined;
  #winner: JudgedResponse | undefined;
  #sent: Arrival<JudgedResponse> | undefined;

  constructor({ req, res, reporter, totalMs, onEnd }: ExchangeSettings) {
    this.req = req;
    this.res = res;
    this.reporter = reporter;
    this.ledger = new AttemptLedger(reporter, this.#startedAt);
    this.#onEnd = onEnd;
    if (totalMs < Infinity) this.#totalTimer = setTimeout(() => this.#onTime(totalMs), totalMs);
    this.#client = new ClientWatch(req, res);
    reporter.requestStarted();
  }

  /** Fires when nobody waits for the response any more, or the total time is up. */
  get signal(): AbortSignal {
    return this.#client.signal;
  }

  /** Takes a response that did not win. One that is not usable may be kept while the race goes on. */
  discard(arrival: Arrival<JudgedResponse>): void {
    this.ledger.endUnchosen(arrival);
    if (arrival.value.isUsable || !this.#spares.keep(arrival)) release(arrival);
  }

  /**
   * Runs the race and settles what is sent: the winner, else a spare.
   * @param idleMs milliseconds of silence that are borne of a small spare, or Infinity.
   * @throws BalancingProxyError `ERR_BRP_EXHAUSTED` and its like when there is neither, `ERR_BRP_ENDED_BY_APP` when it is
   * too late for both; the signal's reason when it fires first.
   */
  async settle(options: RaceOptions<Candidate, JudgedResponse>, idleMs: number): Promise<JudgedResponse> {
    this.#race = new Race(options);
    const winner = await this.#race.run();
    this.#race = undefined;
    const sent = winner ?? (await this.#spares.take({ idleMs, signal: this.signal }));
    clearTimeout(this.#totalTimer);
    if (!sent) throw exhausted(this.ledger.reports());
    const isLate = isBegunByApp(this.res);
    this.ledger.end(sent.value.attempt, { outcome: isLate ? 'lost' : 'won' });
    this.#spares.close();
    if (isLate) {
      sent.abort.abort();
      throw endedByApp();
    }
    this.#winner = winner?.value;
    this.#send(sent);
    return sent.value;
  }

  #send(sent: Arrival<JudgedResponse>): void {
    const { attempt, response, body } = sent.value;
    this.#sent = sent;
    attempt.candidate.endpoint.responseStarted();
    this.signal.addEventListener('abort', () => {
      sent.abort.abort(this.signal.reason);
      // Of a body that has come whole and waits for its client nothing is left that the transport could break off.
      if (!(body instanceof Uint8Array)) body.destroy();
    });
    const afterMs = performance.now() - this.#startedAt;
    this.reporter.responseStarted(attempt, { status: response.status, afterMs });
  }

  /** Why the request was not answered with an endpoint's response, or not to its end, when this was thrown. */
  errorOf(thrown: unknown): BalancingProxyError {
    // A client that goes away within the body makes the endpoint's stream break, which is not the endpoint's fault.
    const error = toProxyError(this.signal.aborted ? this.signal.reason : thrown);
    const isOurs = this.#sent ? !isEndedByApp(this.res) : !isBegunByApp(this.res);
    return isOurs || error.code === 'ERR_BRP_CLIENT_GONE' ? error : endedByApp(error);
  }

  /** Lets go of everything; the last call. Losers may still be within their grace, and the end is theirs, too. */
  end({ bytes = 0, error }: { readonly bytes?: number; readonly error?: BalancingProxyError | undefined }): void {
    clearTimeout(this.#totalTimer);
    this.#client.end();
    if (this.signal.aborted) this.#spares.cut();
    else this.#spares.close();
    // They are told to stop when the client is gone; what was asked of them is over whether or not they have.
    if (this.signal.aborted) this.ledger.cancel();
    const status = this.res.headersSent ? this.res.statusCode : undefined;
    const end: End = { status, bytes, durationMs: performance.now() - this.#startedAt, error };
    this.#sent?.value.attempt.candidate.endpoint.responseEnded();
    // A streamed upload may still be going on when its answer is out; the rest of it serves nobody.
    if (error || this.isBodyStreamed) this.#sent?.abort.abort(error);
    if (this.isBodyStreamed) abandonUpload(this.req);
    this.ledger.whenAllEnded(() => this.#finish(end));
  }

  #finish(end: End): void {
    this.reporter.requestEnded(() => ({
      ...end,
      winner: this.#winner?.attempt.name,
      servedBy: this.#sent?.value.attempt.name,
      strategy: this.strategy,
      attempts: this.ledger.reports(),
      isBodyStreamed: this.isBodyStreamed,
    }));
    this.#onEnd();
  }

  /** What is held for something better is good enough then. */
  #onTime(totalMs: number): void {
    if (this.#race?.winWithHeld()) return;
    this.ledger.cancel();
    const message = `no usable response within ${totalMs} ms in total`;
    this.#client.abort(new BalancingProxyError('ERR_BRP_TOTAL_TIMEOUT', message, { attempts: this.ledger.reports() }));
  }
}
