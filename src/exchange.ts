import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, Attempt, type AttemptSettings } from './attempt.ts';
import type { Candidate } from './endpoints/pool.ts';
import { type AttemptOutcome, type AttemptReport, BalancingProxyError, isTimeout } from './errors.ts';
import { abandonUpload, clientGone } from './http/body.ts';
import { isSmall } from './http/incoming.ts';
import { isClosed } from './http/respond.ts';
import type { Strategy } from './race/delay.ts';
import type { StartReason, Winner } from './race/rules.ts';
import type { Reporter } from './reporter.ts';
import { sendAttempt } from './send-attempt.ts';

/** How long a discarded response may take to be read to its end, which keeps its connection, before it is cut. */
const drainMs = 100;

export interface ExchangeSettings {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly reporter: Reporter;
  /** Milliseconds until the winner's head must be there, or Infinity. */
  readonly totalMs: number;
}

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
  readonly #totalTimer: NodeJS.Timeout | undefined;
  /** The first response that was not usable: the client gets it if nothing better comes. */
  #spare: Winner<Answer> | undefined;
  #mayKeepSpare = true;
  #winner: Answer | undefined;
  #sent: Winner<Answer> | undefined;

  constructor({ req, res, reporter, totalMs }: ExchangeSettings) {
    this.req = req;
    this.res = res;
    this.reporter = reporter;
    if (totalMs < Infinity) this.#totalTimer = setTimeout(() => this.#abort.abort(this.#timedOut(totalMs)), totalMs);
    res.on('close', this.#onClose);
    if (isClosed(res)) this.#onClose();
    reporter.requestStarted();
  }

  /** Fires when the client is gone or the total time is up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Makes one attempt and keeps its record; what fails is cut off for good. */
  async attempt(candidate: Candidate, reason: StartReason, settings: AttemptSettings): Promise<Answer> {
    const attempt = new Attempt(candidate, reason, this.#startedAt);
    this.reporter.attemptStarted(attempt, this.#attempts.push(attempt));
    try {
      return await sendAttempt(attempt, settings);
    } catch (thrown) {
      const error = thrown as BalancingProxyError;
      this.#endAttempt(attempt, outcomeOf(error, settings.abort.signal), error);
      settings.abort.abort(error);
      throw error;
    }
  }

  /** Takes a response that did not win. The first unusable one is kept, unread, while the race goes on. */
  discard(answer: Answer, abort: AbortController): void {
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
    if (!sent) throw this.#exhausted();
    this.#mayKeepSpare = false;
    this.#spare = undefined;
    this.#sent = sent;
    sent.value.attempt.candidate.endpoint.responseStarted();
    this.signal.addEventListener('abort', () => sent.abort.abort(this.signal.reason));
    this.reporter.responseStarted(sent.value.attempt, sent.value.response.status);
    return sent.value;
  }

  /** Lets go of everything; the last call. */
  end({ bytes = 0, error }: { readonly bytes?: number; readonly error?: BalancingProxyError | undefined }): void {
    clearTimeout(this.#totalTimer);
    this.res.off('close', this.#onClose);
    this.#releaseSpare();
    // They are told to stop when the client is gone; what was asked of them is over whether or not they have.
    if (this.signal.aborted) this.#cancelAttempts();
    this.#sent?.value.attempt.candidate.endpoint.responseEnded();
    // A streamed upload may still be going on when its answer is out; the rest of it serves nobody.
    if (error || this.isBodyStreamed) this.#sent?.abort.abort(error);
    if (this.isBodyStreamed) abandonUpload(this.req);
    this.reporter.requestEnded(() => ({
      status: this.res.headersSent ? this.res.statusCode : undefined,
      winner: this.#winner?.attempt.name,
      strategy: this.strategy,
      bytes,
      durationMs: performance.now() - this.#startedAt,
      attempts: this.#reports(),
      isBodyStreamed: this.isBodyStreamed,
      error,
    }));
  }

  #reports(): readonly AttemptReport[] {
    return this.#attempts.map((attempt) => attempt.report());
  }

  #endAttempt(attempt: Attempt, outcome: AttemptOutcome, error?: BalancingProxyError): void {
    if (attempt.hasEnded) return;
    const change = attempt.end(outcome, error);
    this.reporter.attemptEnded(attempt, this.#attempts.indexOf(attempt) + 1, change);
  }

  /** Not reached by a response that ended well: the listener is gone by then. */
  readonly #onClose = (): void => this.#abort.abort(clientGone());

  #releaseSpare(): void {
    this.#mayKeepSpare = false;
    if (this.signal.aborted) this.#spare?.abort.abort();
    else if (this.#spare) release(this.#spare.value, this.#spare.abort);
    this.#spare = undefined;
  }

  #exhausted(): BalancingProxyError {
    const attempts = this.#reports();
    if (attempts.length === 0) {
      const headers = { 'Retry-After': '1' };
      return new BalancingProxyError('ERR_BRP_NO_ENDPOINT', 'no endpoint may be tried', { headers });
    }
    const allTimedOut = attempts.every(({ error }) => error && isTimeout(error));
    const why = attempts.map(({ error, outcome }) => error?.message ?? outcome).join('; ');
    const code = allTimedOut ? 'ERR_BRP_ALL_TIMED_OUT' : 'ERR_BRP_EXHAUSTED';
    return new BalancingProxyError(code, `no endpoint gave a response: ${why}`, {
      attempts,
      cause: attempts.at(-1)?.error,
    });
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

/** Cancelling costs an HTTP/1.1 connection, so what is nearly here is read to its end; the rest is cut. */
function release({ body, announcedBytes, response }: Answer, abort: AbortController): void {
  response.upgraded?.socket.destroy();
  if (body instanceof Uint8Array || body.readableEnded || response.upgraded) return;
  if (!isSmall(announcedBytes)) {
    abort.abort();
    return;
  }
  const timer = setTimeout(() => abort.abort(), drainMs);
  body.once('close', () => clearTimeout(timer)).resume();
}
