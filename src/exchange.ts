import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, Attempt } from './attempt.ts';
import type { Endpoint } from './endpoints/endpoint.ts';
import { type AttemptReport, BalancingProxyError, isTimeout } from './errors.ts';
import type { Events, ProxyEvent, RequestEvent } from './events.ts';
import { abandonUpload, clientGone } from './http/body.ts';
import { isSmall } from './http/incoming.ts';
import { isClosed } from './http/respond.ts';
import { type AttemptSettings, sendAttempt } from './send-attempt.ts';

/** What each kind of event adds to the fields that all have. */
type OwnFields<Event> = Event extends unknown ? Omit<Event, keyof RequestEvent> : never;

/** How long a discarded response may take to be read to its end, which keeps its connection, before it is cut. */
const drainMs = 100;

/** One client's request, from its arrival to the last byte of its response, with the attempts made for it. */
export class Exchange {
  readonly id: number;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly #events: Events;
  readonly #startedAt = performance.now();
  readonly #abort = new AbortController();
  readonly #attempts: Attempt[] = [];
  #totalTimer: NodeJS.Timeout | undefined;
  /** The first response that was not usable: the client gets it if nothing better comes. */
  #spare: { readonly answer: Answer; readonly abort: AbortController } | undefined;
  #winner: Answer | undefined;
  #chosen: AbortController | undefined;
  #mayKeepSpare = true;
  #isBodyStreamed = false;

  constructor(
    id: number,
    { req, res, events, totalMs }: { req: IncomingMessage; res: ServerResponse; events: Events; totalMs: number },
  ) {
    this.id = id;
    this.req = req;
    this.res = res;
    this.#events = events;
    if (totalMs < Infinity) this.#totalTimer = setTimeout(() => this.#abort.abort(this.#timedOut(totalMs)), totalMs);
    res.on('close', this.#onClose);
    if (isClosed(res)) this.#onClose();
    this.#emit(() => ({ type: 'request-started' }));
  }

  /** Fires when the client is gone or the total time is up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Makes one attempt and reports its start and, when it fails, its end. */
  async attempt(endpoint: Endpoint, settings: AttemptSettings): Promise<Answer> {
    const attempt = new Attempt(endpoint, this.#startedAt);
    this.#attempts.push(attempt);
    this.#emit(() => ({ type: 'attempt-started', endpoint: endpoint.name, attempt: this.#attempts.length }));
    try {
      return await sendAttempt(attempt, settings);
    } catch (error) {
      this.#attemptEnded(attempt);
      throw error;
    }
  }

  /** Notes that the body was too large to be replayed and goes to one endpoint only. */
  bodyStreamed(): void {
    this.#isBodyStreamed = true;
  }

  /** Takes a response that did not win. The first unusable one is kept, unread, while the race goes on. */
  discard(answer: Answer, abort: AbortController): void {
    answer.attempt.end(answer.isUsable ? 'lost' : 'unusable');
    this.#attemptEnded(answer.attempt);
    if (this.#mayKeepSpare && !this.#spare && !answer.isUsable) this.#spare = { answer, abort };
    else release(answer, abort);
  }

  /** Settles what is sent: the winner, else the spare. */
  settle(winner: { readonly value: Answer; readonly abort: AbortController } | undefined): Answer {
    clearTimeout(this.#totalTimer);
    if (winner) {
      winner.value.attempt.end('won');
      this.#attemptEnded(winner.value.attempt);
      this.#winner = winner.value;
      this.#releaseSpare();
    }
    const chosen = winner ?? (this.#spare && { value: this.#spare.answer, abort: this.#spare.abort });
    this.#mayKeepSpare = false;
    this.#spare = undefined;
    if (!chosen) throw this.#exhausted();
    this.#chosen = chosen.abort;
    this.signal.addEventListener('abort', () => chosen.abort.abort(this.signal.reason));
    this.#emit(() => ({
      type: 'response-started',
      endpoint: chosen.value.attempt.endpoint.name,
      status: chosen.value.response.status,
    }));
    return chosen.value;
  }

  /** Lets go of everything; the last call. */
  end({ bytes = 0, error }: { readonly bytes?: number; readonly error?: BalancingProxyError | undefined }): void {
    clearTimeout(this.#totalTimer);
    this.res.off('close', this.#onClose);
    if (error) this.#chosen?.abort(error);
    this.#releaseSpare();
    if (this.#isBodyStreamed) {
      // The endpoint may have answered before it had the whole upload; the answer is out, the rest serves nobody.
      this.#chosen?.abort();
      abandonUpload(this.req);
    }
    this.#emit(() => ({
      type: 'request-ended',
      status: this.res.headersSent ? this.res.statusCode : undefined,
      winner: this.#winner?.attempt.endpoint.name,
      bytes,
      durationMs: performance.now() - this.#startedAt,
      attempts: this.reports(),
      isBodyStreamed: this.#isBodyStreamed,
      error,
    }));
  }

  #attemptEnded(attempt: Attempt): void {
    this.#emit(() => ({
      type: 'attempt-ended',
      attempt: this.#attempts.indexOf(attempt) + 1,
      report: attempt.report(),
    }));
  }

  reports(): readonly AttemptReport[] {
    return this.#attempts.map((attempt) => attempt.report());
  }

  /** Not reached by a response that ended well: the listener is gone by then. */
  readonly #onClose = (): void => this.#abort.abort(clientGone());

  #releaseSpare(): void {
    this.#mayKeepSpare = false;
    if (this.signal.aborted) this.#spare?.abort.abort();
    else if (this.#spare) release(this.#spare.answer, this.#spare.abort);
    this.#spare = undefined;
  }

  #exhausted(): BalancingProxyError {
    const attempts = this.reports();
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

  #timedOut(totalMs: number): BalancingProxyError {
    const message = `no usable response within ${totalMs} ms in total`;
    return new BalancingProxyError('ERR_BRP_TOTAL_TIMEOUT', message, { attempts: this.reports() });
  }

  #emit(build: () => OwnFields<ProxyEvent>): void {
    if (!this.#events.isObserved) return;
    const { method = 'GET', url = '/', originalUrl = url } = this.req as IncomingMessage & { originalUrl?: string };
    this.#events.emit({ requestId: this.id, method, url: originalUrl, ...build() });
  }
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
