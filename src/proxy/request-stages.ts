import type { AttemptLedger } from '../attempts/ledger.ts';
import { isWorthRepeating } from '../attempts/repeatable.ts';
import type { OutgoingRequest } from '../attempts/request/outgoing.ts';
import type { Candidate } from '../endpoints/candidate.ts';
import type { EndpointStages } from '../endpoints/stages.ts';
import { type RetryRules, retryWaitMs } from '../race/retry.ts';
import type { RaceStage } from '../race/rules.ts';
import type { Pace } from '../race/strategies/rules.ts';
import type { ResumeOptions } from './body-resumer.ts';
import { type Course, stageOfMending } from './contest.ts';
import type { KeptBody } from './kept-body.ts';
import { isRepeatable } from './plan.ts';
import type { ProxiedRequest } from './proxied-request.ts';

/** The options that say in which stages endpoints are asked. */
export interface StageOptions extends ResumeOptions {
  /** How endpoints are asked again that could not be reached. */
  readonly retry: RetryRules;
  /** Milliseconds from the start of one tier to that of the next, although the first may still be of help. */
  readonly tierDelayMs: number;
  /** The time that the request has, in milliseconds or Infinity. */
  readonly timeouts: { readonly totalMs: number };
}

/** A request, as far as its stages depend on how it goes. */
interface StagedRequest extends Pick<ProxiedRequest, 'req' | 'elapsedMs' | 'renewSpares'> {
  /** The client's body. */
  readonly body: Pick<KeptBody, 'isStreamed'>;
  /** The attempts so far. */
  readonly ledger: Pick<AttemptLedger, 'count' | 'reports' | 'brokenCandidates'>;
}

/** The facts by which the stages follow one another. */
interface RequestStagesSettings {
  /** The tiers and what comes after them. */
  readonly chosen: EndpointStages;
  /** The pace of the strategy. */
  readonly pace: Pace;
  /** The request that goes out. */
  readonly outgoing: Pick<OutgoingRequest, 'method'>;
  /** The options. */
  readonly config: StageOptions;
}

/**
 * The stages in which one request asks endpoints: the tiers, the last resort, all that broke off within their holds once more, and then,
 * while nobody can be reached, round after round.
 */
export class RequestStages {
  readonly #request: StagedRequest;
  readonly #settings: RequestStagesSettings;
  /** The round of retry, from 1; 0 before. */
  #round = 0;
  #roundStartedAt = performance.now();
  #attemptsBefore = 0;
  #isRoundDue = false;
  #isAskedAgain = false;

  constructor(request: StagedRequest, settings: RequestStagesSettings) {
    this.#request = request;
    this.#settings = settings;
  }

  /** All stages, for the race. */
  course(): Course {
    const { chosen, pace, config } = this.#settings;
    const first = this.#next(false);
    return {
      ...pace,
      ...(typeof first === 'object' ? first : { candidates: [] }),
      nextStage: this.#next,
      ...(chosen.hasTiers && { stageDelayMs: pace.stageDelayMs ?? config.tierDelayMs }),
      started: (candidate) => chosen.started(candidate),
    };
  }

  /** The stage that is next, or how long to wait for it. */
  readonly #next = (isByTime: boolean): RaceStage<Candidate> | number | undefined => {
    if (this.#isRoundDue) this.#beginRound();
    const stage = this.#settings.chosen.next(isByTime);
    if (stage) {
      const { candidates, mayStart, isTier } = stage;
      const reason = this.#round > 0 ? 'retry' : undefined;
      return { ...this.#settings.pace, candidates, mayStart, reason, opensFor: isTier ? 'tier' : 'failure' };
    }
    return isByTime ? undefined : (this.#brokenOnes() ?? this.#untilNextRound());
  };

  #beginRound(): void {
    this.#isRoundDue = false;
    this.#round++;
    this.#roundStartedAt = performance.now();
    this.#attemptsBefore = this.#request.ledger.count;
    this.#request.renewSpares();
    this.#settings.chosen.beginAgain();
  }

  /**
   * The endpoints that all answered a GET well and broke off while their bodies were held: several are asked once more, as for a body
   * that the client was begun to be given. Undefined elsewhere, and when a body is not to be mended.
   */
  #brokenOnes(): RaceStage<Candidate> | undefined {
    const { outgoing, config } = this.#settings;
    const mayMend = config.resume !== 'off' && config.maxResumes > 0 && !this.#isAskedAgain;
    if (!mayMend || outgoing.method !== 'GET' || this.#request.body.isStreamed) return undefined;
    const candidates = this.#request.ledger.brokenCandidates();
    if (candidates.length < 2) return undefined;
    this.#isAskedAgain = true;
    return stageOfMending(candidates, config.hedge, 'retry');
  }

  /** Milliseconds until all endpoints are asked again; undefined when that is of no use, of harm, or too late. */
  #untilNextRound(): number | undefined {
    const { config, chosen } = this.#settings;
    const { everyMs, forMs } = config.retry;
    if (forMs === 0 || !this.#mayRetry) return undefined;
    // A round that would begin after the total time comes for nobody, and a spare would have been kept in vain.
    const rules = { everyMs, forMs: Math.min(forMs, config.timeouts.totalMs) };
    const waitMs = retryWaitMs(rules, {
      elapsedMs: this.#request.elapsedMs,
      lastedMs: performance.now() - this.#roundStartedAt,
      coolingMs: chosen.coolingMs,
    });
    this.#isRoundDue = waitMs !== undefined;
    return waitMs;
  }

  /** Whether sending the request again can do nothing twice that must be done once. */
  get #mayRetry(): boolean {
    const { req, body, ledger } = this.#request;
    if (body.isStreamed) return false;
    const attempts = ledger.reports(this.#attemptsBefore);
    // In a round in which all are full nobody is asked.
    if (attempts.length === 0) return this.#round > 0;
    const mayBeSentTwice = isRepeatable(req);
    return attempts.every((attempt) => isWorthRepeating(attempt, mayBeSentTwice));
  }
}
