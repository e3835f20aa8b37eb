import type { Candidate } from './candidate.ts';
import { inOrder, type Order } from './order.ts';

/** How the candidates of one request are chosen. */
export interface Choice {
  /** The order in which those of a stage are asked. */
  readonly order: Order;
  /** Most endpoints to try in one round. */
  readonly max: number;
  /** Whether all of a stage are asked at once. */
  readonly isRace: boolean;
}

/** Endpoints that are asked before those of the next stage. */
export interface EndpointStage {
  /** The candidates, best first. */
  readonly candidates: readonly Candidate[];
  /** Whether a candidate may be asked, at the moment in which its attempt would start. Needs no `this`. */
  readonly mayStart: (candidate: Candidate) => boolean;
  /** Whether the stage is a tier, and not the last resort. */
  readonly isTier: boolean;
}

/** How fit endpoints are to be asked, the fittest first. */
const fitnesses = ['fit', 'cooling', 'ejected'] as const;

type Fitness = (typeof fitnesses)[number];

/**
 * The stages in which one request asks the endpoints: the tiers with those that are fit; then, as the last resort and in the same order,
 * those that are cooling down; then those that are ejected, which a race does not ask while anybody is in. A drained or full one is not
 * asked at all. An endpoint whose trial is due is as good as any, but no request's only chance. All of it is decided by the state of the
 * moment: of the stage, when it opens, and of each candidate, when its attempt would start. To a race, an endpoint that fails too often
 * is none that is ejected.
 */
export class EndpointStages {
  readonly #candidates: readonly Candidate[];
  readonly #choice: Choice;
  readonly #turn: number;
  readonly #tiers: readonly number[];
  readonly #asked = new Set<Candidate>();
  #opened = 0;
  #isAgain = false;

  /** @param turn counts the requests with the order `'fastest'`. */
  constructor(candidates: readonly Candidate[], choice: Choice, turn: number) {
    this.#candidates = candidates;
    this.#choice = choice;
    this.#turn = turn;
    this.#tiers = tiersOf(candidates);
  }

  /** Whether there is more than one tier. */
  get hasTiers(): boolean {
    return this.#tiers.length > 1;
  }

  /** The next stage in which somebody may be asked; undefined when there is none, or only the last resort and it opens by time. */
  next(isByTime: boolean): EndpointStage | undefined {
    const rounds = this.#isAgain || isByTime ? 1 : fitnesses.length;
    while (this.#opened < this.#tiers.length * rounds) {
      const index = this.#opened++;
      const fitness = fitnesses[Math.floor(index / this.#tiers.length)] ?? 'ejected';
      const stage = this.#stageOf(fitness, this.#tiers[index % this.#tiers.length] ?? 0);
      if (stage.candidates.length > 0) return stage;
    }
    return undefined;
  }

  /** Takes note of an attempt, after which the candidate is not asked again in this round. */
  started(candidate: Candidate): void {
    this.#asked.add(candidate);
  }

  /** Begins another round: all tiers once more, whether ejected or not, but for those that are cooling down. */
  beginAgain(): void {
    this.#asked.clear();
    this.#opened = 0;
    this.#isAgain = true;
  }

  /**
   * Milliseconds after which an endpoint that is not drained will be found to have cooled down, 0 where one has; Infinity when all are
   * drained. A timer drops what is less than a millisecond and may be another one too early: its round would find nobody to ask.
   */
  get coolingMs(): number {
    const inUse = this.#candidates.filter(({ endpoint }) => !endpoint.isDrained);
    const ms = Math.min(...inUse.map(({ endpoint }) => endpoint.coolingMs));
    return ms === 0 ? 0 : Math.ceil(ms) + 1;
  }

  /** Why nobody is asked at this moment, by counts: clients may be shown it. Undefined where somebody would be. */
  get whyNobody(): string | undefined {
    if (this.#candidates.length === 0) return 'none is given';
    if (this.#candidates.some(({ endpoint }) => endpoint.mayBeAsked)) return undefined;
    const drained = this.#candidates.filter(({ endpoint }) => endpoint.isDrained).length;
    const full = this.#candidates.length - drained;
    return [drained > 0 && counted(drained, 'drained'), full > 0 && `${counted(full, 'full')} (maxInFlight)`]
      .filter(Boolean)
      .join(', ');
  }

  /** The candidates of all stages in one row, for requests that ask at one pace. */
  *all(): Iterable<Candidate> {
    for (let stage = this.next(false); stage; stage = this.next(false)) {
      for (const candidate of stage.candidates) {
        if (!stage.mayStart(candidate)) continue;
        this.started(candidate);
        yield candidate;
      }
    }
  }

  #stageOf(fitness: Fitness, tier: number): EndpointStage {
    const { isRace } = this.#choice;
    const isAnyoneIn = isRace && this.#isAnyoneIn;
    const worst = isRace && !isAnyoneIn ? 'ejected' : fitness;
    const mayStart = (candidate: Candidate) => this.#mayStart(candidate, worst);
    const isLeftOut = fitness === 'ejected' && isAnyoneIn;
    const free = isLeftOut ? [] : this.#candidates.filter((one) => one.tier === tier && mayStart(one));
    return { candidates: this.#inOrder(free), mayStart, isTier: fitness === 'fit' };
  }

  /** The fit ones first. Each group is ordered by itself: among all, an ejected one would be the one to explore for ever. */
  #inOrder(candidates: readonly Candidate[]): readonly Candidate[] {
    const { order } = this.#choice;
    const isFit = (candidate: Candidate) => this.#fitnessOf(candidate) === 'fit';
    const fit = candidates.filter(isFit);
    const best = inOrder(fit, order, this.#turn);
    if (fit.length === candidates.length) return best;
    return [
      ...best,
      ...inOrder(
        candidates.filter((one) => !isFit(one)),
        order,
        1,
      ),
    ];
  }

  #mayStart(candidate: Candidate, worst: Fitness): boolean {
    const { endpoint } = candidate;
    if (!endpoint.mayBeAsked || this.#asked.size >= this.#choice.max || this.#asked.has(candidate)) return false;
    if (this.#isAgain) return !endpoint.isCooling;
    return fitnesses.indexOf(this.#fitnessOf(candidate)) <= fitnesses.indexOf(worst);
  }

  #fitnessOf({ endpoint: { ejection, isCooling } }: Candidate): Fitness {
    const { isEjected, isTrialDue } = ejection.standingIn(this.#choice.isRace);
    if (isEjected || (this.#choice.max === 1 && isTrialDue)) return 'ejected';
    return isCooling ? 'cooling' : 'fit';
  }

  get #isAnyoneIn(): boolean {
    return this.#candidates.some((one) => {
      const { isDrained, ejection } = one.endpoint;
      const { isTrialDue } = ejection.standingIn(this.#choice.isRace);
      return !isDrained && this.#fitnessOf(one) !== 'ejected' && !isTrialDue;
    });
  }
}

/** The tiers that there are, in their order. Each request asks for them, and most proxies have one. */
function tiersOf(candidates: readonly Candidate[]): readonly number[] {
  const first = candidates[0]?.tier ?? 0;
  if (candidates.every(({ tier }) => tier === first)) return [first];
  return [...new Set(candidates.map(({ tier }) => tier))].sort((a, b) => a - b);
}

function counted(count: number, word: string): string {
  return `${count} ${count === 1 ? 'is' : 'are'} ${word}`;
}
