import type { IncomingMessage, ServerResponse } from 'node:http';
import { exhausted } from '../attempts/exhausted.ts';
import { AttemptLedger } from '../attempts/ledger.ts';
import type { HoldOptions } from '../attempts/response/hold.ts';
import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import { release } from '../attempts/response/release.ts';
import { abandonUpload } from '../client/request/abandon-upload.ts';
import { toProxyError } from '../client/response/answer-error.ts';
import { endedByApp, isBegunByApp, isEndedByApp } from '../client/response/ending.ts';
import type { Candidate } from '../endpoints/candidate.ts';
import type { EndpointStages } from '../endpoints/stages.ts';
import { BalancingProxyError, isUnanswered } from '../errors.ts';
import type { RequestEnded } from '../events/events.ts';
import type { Reporter } from '../events/reporter.ts';
import { Race } from '../race/race.ts';
import type { Arrival, RaceOptions } from '../race/rules.ts';
import type { Strategy } from '../race/strategies/strategies.ts';
import { KeptBody } from './kept-body.ts';
import { Lifetime, type LifetimeSettings } from './lifetime.ts';
import { SentResponse } from './sent-response.ts';
import { Spares } from './spares.ts';

/** A request as it comes. */
interface ProxiedRequestSettings extends Pick<LifetimeSettings, 'req' | 'res' | 'totalMs'> {
  /** Tells observers of the request. */
  readonly reporter: Reporter;
  /** Whether others may answer the request when no response is usable. */
  readonly mayPassOn: boolean;
  /** Called once, when the response and every attempt have ended. */
  onEnd(): void;
}

/** How the response of a request is found. */
interface Settling {
  /** The strategy's name, for observers. */
  readonly strategy: Strategy;
  /** The rules of the race. */
  readonly race: RaceOptions<Candidate, JudgedResponse>;
  /** The options that say how long a spare is held. */
  readonly config: HoldOptions;
  /** The endpoints of the race, which know why nobody was asked. */
  readonly chosen: Pick<EndpointStages, 'whyNobody'>;
}

/** How the response to the client ended. */
type ResponseEnd = Pick<RequestEnded, 'status' | 'bytes' | 'durationMs' | 'error'>;

/** One client's request, from its arrival to the last byte of its response, with all that is done for it. */
export class ProxiedRequest {
  /** The client's request. */
  readonly req: IncomingMessage;
  /** The response to it. */
  readonly res: ServerResponse;
  /** Tells observers of the request. */
  readonly reporter: Reporter;
  /** Makes the request's attempts. */
  readonly ledger: AttemptLedger;
  /** The client's body, once it was taken off the request. */
  readonly body = new KeptBody();
  readonly #mayPassOn: boolean;
  readonly #life: Lifetime;
  readonly #spares = new Spares();
  readonly #onEnd: () => void;
  #strategy: Strategy | undefined;
  #race: Race<Candidate, JudgedResponse> | undefined;
  #winner: string | undefined;
  #sent: SentResponse | undefined;
  #isPassedOn = false;

  constructor({ req, res, reporter, totalMs, mayPassOn, onEnd }: ProxiedRequestSettings) {
    this.req = req;
    this.res = res;
    this.reporter = reporter;
    this.#mayPassOn = mayPassOn;
    this.#onEnd = onEnd;
    this.#life = new Lifetime({ req, res, totalMs, onTimeUp: () => this.#errorOfTime(totalMs) });
    this.ledger = new AttemptLedger(reporter, this.#life.startedAt);
    reporter.requestStarted();
  }

  /** Fires when nobody waits for the response any more, or the total time is up. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Milliseconds since the request came. */
  get elapsedMs(): number {
    return this.#life.elapsedMs;
  }

  /** Whether the request ended without an answer, which others are to give. */
  get isPassedOn(): boolean {
    return this.#isPassedOn;
  }

  /** Lets go of the unusable responses that are kept of endpoints which are asked again. */
  renewSpares(): void {
    this.#spares.renew();
  }

  /** Takes a response that did not win, and keeps it as a spare if it is an unusable one. Needs no `this`. */
  readonly discard = (arrival: Arrival<JudgedResponse>): void => {
    this.ledger.endUnchosen(arrival);
    if (arrival.value.isUsable || !this.#spares.keep(arrival)) release(arrival);
  };

  /**
   * Runs the race and settles what is sent: the winner, else a spare, unless others answer then.
   * @throws BalancingProxyError `ERR_BRP_EXHAUSTED` and its like when there is nothing to send, `ERR_BRP_ENDED_BY_APP` when it is
   * too late for both; the signal's reason when it fires first.
   */
  async settle({ strategy, race, config, chosen }: Settling): Promise<SentResponse> {
    this.#strategy = strategy;
    this.#race = new Race(race);
    const winner = await this.#race.run();
    this.#race = undefined;
    const sent = winner ?? (this.#mayPassOnNow ? undefined : await this.#spares.take(config, this.signal));
    this.#life.settle();
    if (!sent) throw exhausted(this.ledger.reports(), chosen.whyNobody);
    const isLate = isBegunByApp(this.res);
    this.ledger.end(sent.value.attempt, { outcome: isLate ? 'lost' : 'won' });
    this.#spares.close();
    if (isLate) {
      sent.abort.abort();
      throw endedByApp();
    }
    this.#winner = winner?.value.attempt.name;
    this.#sent = new SentResponse(sent, this.ledger, this.signal);
    return this.#sent;
  }

  /** Ends the request. @param bytes how many of a body the client was given. */
  succeed(bytes: number): void {
    this.#end(bytes, undefined);
  }

  /** Ends the request by whatever was thrown. @returns the error for whoever answers the client. */
  fail(thrown: unknown): BalancingProxyError {
    const error = this.#errorOf(thrown);
    this.#isPassedOn = this.#mayPassOnNow && isUnanswered(error);
    this.#end(this.#sent?.bytesBeforeCut ?? 0, error);
    return error;
  }

  /** Whether others could answer: they need the body, of which a part may still be on its way. */
  get #mayPassOnNow(): boolean {
    return this.#mayPassOn && this.body.isWhole;
  }

  /** The reason why the request was not answered, or not to its end, of whatever was thrown. */
  #errorOf(thrown: unknown): BalancingProxyError {
    // A client that goes away within the body makes the endpoint's stream break, which is not the endpoint's fault.
    const error = toProxyError(this.signal.aborted ? this.signal.reason : thrown);
    const isOurs = this.#sent ? !isEndedByApp(this.res) : !isBegunByApp(this.res);
    return isOurs || error.code === 'ERR_BRP_CLIENT_GONE' ? error : endedByApp(error);
  }

  /** Lets go of everything. Losers may still be within their grace; the request ends when they have ended, too. */
  #end(bytes: number, error: BalancingProxyError | undefined): void {
    const { res, signal } = this;
    this.#life.end();
    if (signal.aborted) this.#spares.cut();
    else this.#spares.close();
    // When the client is gone its attempts have been told to stop; they are over, whether or not they have stopped yet.
    if (signal.aborted) this.ledger.cancel();
    const status = res.headersSent ? res.statusCode : undefined;
    const end: ResponseEnd = { status, bytes, durationMs: this.#life.elapsedMs, error };
    this.#sent?.end();
    // A streamed upload may still be going on when its answer is out, and its rest serves nobody.
    if (error || this.body.isStreamed) this.#sent?.cut(error);
    if (this.body.isStreamed) abandonUpload(this.req);
    this.ledger.whenAllEnded(() => this.#finish(end));
  }

  #finish(end: ResponseEnd): void {
    this.reporter.requestEnded(
      () => ({
        ...end,
        winner: this.#winner,
        servedBy: this.#sent?.servedBy,
        resumes: this.#sent?.resumes ?? 0,
        strategy: this.#strategy,
        attempts: this.ledger.reports(),
        isBodyStreamed: this.body.isStreamed,
        bytesReceived: this.body.bytes,
      }),
      this.#isPassedOn,
    );
    this.#onEnd();
  }

  /** Settles for a response that is held for something better; without one, the request ends with an error. */
  #errorOfTime(totalMs: number): BalancingProxyError | undefined {
    if (this.#race?.winWithHeld()) return undefined;
    this.ledger.cancel();
    const message = `no usable response within ${totalMs} ms in total`;
    return new BalancingProxyError('ERR_BRP_TOTAL_TIMEOUT', message, { attempts: this.ledger.reports() });
  }
}
