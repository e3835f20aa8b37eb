import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, Attempt, type AttemptSettings } from './attempt.ts';
import type { Candidate } from './endpoints/pool.ts';
import { type AttemptOutcome, type AttemptReport, BalancingProxyError, isTimeout } from './errors.ts';
import type { RequestEnded } from './events.ts';
import { exhausted } from './exhausted.ts';
import { abandonUpload, clientGone } from './http/body.ts';
import { isClosed } from './http/respond.ts';
import { onSocketEnd } from './http/socket-end.ts';
import type { Strategy } from './race/delay.ts';
import type { StartReason, Winner } from './race/rules.ts';
import { bytesWhenReleased, release } from './release.ts';
import type { Reporter } from './reporter.ts';
import { sendAttempt } from './send-attempt.ts';

export interface ExchangeSettings {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly reporter: Reporter;
  /** Milliseconds until the winner's head must be there, or Infinity. */
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
  /** How the endpoints are asked, once that is decided. */
  strategy: Strategy | undefined;
  /** The body is too large to be replayed and goes to one endpoint only. */
  isBodyStreamed = false;
  readonly #startedAt = performance.now();
  readonly #abort = new AbortController();
  readonly #attempts: Attempt[] = [];
  readonly #onEnd: () => void;
  /** Ends the watch over the connection of a pipelined request that waits its turn. */
  readonly #unwatch: (() => void) | undefined;
  #openAttempts = 0;
  #end: End | undefined;
  readonly #totalTimer: NodeJS.Timeout | undefined;
  /** The first response that was not usable: the client gets it if nothing better comes. */
  #spare: Winner<Answer> | undefined;
  #mayKeepSpare = true;
  #winner: Answer | undefined;
  #sent: Winner<Answer> | undefined;

  constructor({ req, res, reporter, totalMs, onEnd }: ExchangeSettings) {
    this.req = req;
    this.res = res;
    this.reporter = reporter;
    this.#onEnd = onEnd;
    if (totalMs < Infinity) this.#totalTimer = setTimeout(() => this.#abort.abort(this.#timedOut(totalMs)), totalMs);
    res.on('close', this.#onClose);
    // Node 22 closes no response that has no socket yet.
    if (!res.socket && req.socket) this.#unwatch = onSocketEnd(req.socket, this.#onClose);
    if (isClosed(res)) this.#abort.abort(clientGone());
    reporter.requestStarted();
  }

  /** Fires when the client is gone or the total time is up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Makes one attempt and keeps its record; what fails is cut off for good. */
  attempt(candidate: Candidate, reason: StartReason, settings: AttemptSettings): Promise<Answer> {
    const number = this.#attempts.length + 1;
    const attempt = new Attempt({ candidate, reason, number, requestStartedAt: this.#startedAt });
    this.#attempts.push(attempt);
    this.#openAttempts++;
    this.reporter.attemptStarted(attempt, settings.outgoing.url);
    return sendAttempt(attempt, settings).catch((error: BalancingProxyError) => {
      this.#endAttempt(attempt, outcomeOf(error, settings.abort.signal), error);
      settings.abort.abort(error);
      throw error;
    });
  }

  /** Takes a response that did not win. The first unusable one is kept, unread, while the race goes on. */
  discard(answer: Answer, abort: AbortController): void {
    answer.attempt.discarded(bytesWhenReleased(answer));
    this.#endAttempt(answer.attempt, answer.isUsable ? 'lost' : 'unusable');
    if (this.#mayKeepSpare && !this.#spare && !answer.isUsable) this.#spare = { value: answer, abort };
    else release(answer, abort);
  }

  /**
   * Settles what is sent: the winner, else the spare.
   * @throws BalancingProxyError `ERR_BRP_EXHAUSTED` and its like when there is neither.
   */
  settle(winner: Winner<Answer> | undefined): Answer {
    clearTimeout(this.#totalTimer);
    if (winner) {
      this.#endAttempt(winner.value.attempt, 'won');
      this.#winner = winner.value;
      this.#releaseSpare();
    }
    const sent = winner ?? this.#spare;
    if (!sent) throw exhausted(this.#reports());
    this.#mayKeepSpare = false;
    this.#spare = undefined;
    this.#sent = sent;
    sent.value.attempt.candidate.endpoint.responseStarted();
    this.signal.addEventListener('abort', () => sent.abort.abort(this.signal.reason));
    const { attempt, response } = sent.value;
    const afterMs = performance.now() - this.#startedAt;
    this.reporter.responseStarted(attempt, { status: response.status, afterMs });
    return sent.value;
  }

  /** Lets go of everything; the last call. Losers may still be within their grace, and the end is theirs, too. */
  end({ bytes = 0, error }: { readonly bytes?: number; readonly error?: BalancingProxyError | undefined }): void {
    clearTimeout(this.#totalTimer);
    this.res.off('close', this.#onClose);
    this.#unwatch?.();
    this.#releaseSpare();
    // They are told to stop when the client is gone; what was asked of them is over whether or not they have.
    if (this.signal.aborted) this.#cancelAttempts();
    const status = this.res.headersSent ? this.res.statusCode : undefined;
    this.#end = { status, bytes, durationMs: performance.now() - this.#startedAt, error };
    this.#sent?.value.attempt.candidate.endpoint.responseEnded();
    // A streamed upload may still be going on when its answer is out; the rest of it serves nobody.
    if (error || this.isBodyStreamed) this.#sent?.abort.abort(error);
    if (this.isBodyStreamed) abandonUpload(this.req);
    if (this.#openAttempts === 0) this.#finish(this.#end);
  }

  #finish(end: End): void {
    this.reporter.requestEnded(() => ({
      ...end,
      winner: this.#winner?.attempt.name,
      servedBy: this.#sent?.value.attempt.name,
      strategy: this.strategy,
      attempts: this.#reports(),
      isBodyStreamed: this.isBodyStreamed,
    }));
    this.#onEnd();
  }

  #reports(): readonly AttemptReport[] {
    return this.#attempts.map((attempt) => attempt.report());
  }

  #endAttempt(attempt: Attempt, outcome: AttemptOutcome, error?: BalancingProxyError): void {
    if (attempt.hasEnded) return;
    const change = attempt.end(outcome, error);
    this.reporter.attemptEnded(attempt, change);
    if (--this.#openAttempts === 0 && this.#end) this.#finish(this.#end);
  }

  /** A response that was streamed to its end may close before `end()` is called; that is no reason to hurry the losers. */
  readonly #onClose = (): void => {
    // In node:http2 a stream that the client resets counts as finished, whether or not we have ended it.
    if (!this.res.writableEnded || !this.res.writableFinished) this.#abort.abort(clientGone());
  };

  #releaseSpare(): void {
    this.#mayKeepSpare = false;
    if (this.signal.aborted) this.#spare?.abort.abort();
    else if (this.#spare) release(this.#spare.value, this.#spare.abort);
    this.#spare = undefined;
  }

  #cancelAttempts(): void {
    for (const attempt of this.#attempts) this.#endAttempt(attempt, 'cancelled');
  }

  #timedOut(totalMs: number): BalancingProxyError {
    this.#cancelAttempts();
    const message = `no usable response within ${totalMs} ms in total`;
    return new BalancingProxyError('ERR_BRP_TOTAL_TIMEOUT', message, { attempts: this.#reports() });
  }
}

function outcomeOf(error: BalancingProxyError, signal: AbortSignal): AttemptOutcome {
  if (isTimeout(error)) return 'timed-out';
  return signal.aborted ? 'cancelled' : 'failed';
}
