import type { Choice } from '../../../src/endpoints/stages.ts';
import type { KnownEndpoint } from './known-endpoint.ts';

/** A stage as it should be. */
export interface ReferenceStage {
  readonly tier: number;
  readonly isTier: boolean;
  /** Whether an endpoint may be asked as things are. */
  mayStart(one: KnownEndpoint): boolean;
}

/** A stage to come. Whom it admits also depends on whether anyone is in when the stage opens. */
interface Group {
  readonly tier: number;
  readonly isTier: boolean;
  admits(one: KnownEndpoint, isAnyoneIn: boolean): boolean;
}

/** The stages as the design tells of them: a row of groups, of which each says whom it admits. */
export class ReferenceStages {
  readonly asked = new Set<KnownEndpoint>();
  readonly #all: readonly KnownEndpoint[];
  readonly #choice: Choice;
  #row: readonly Group[];

  constructor(all: readonly KnownEndpoint[], choice: Choice) {
    const { isRace } = choice;
    const isAnyoneNeeded = (isAnyoneIn: boolean) => isRace && !isAnyoneIn;
    this.#all = all;
    this.#choice = choice;
    this.#row = [
      ...this.#eachTier({ isTier: true, admits: (one, isAnyoneIn) => this.isFit(one) || isAnyoneNeeded(isAnyoneIn) }),
      ...this.#eachTier({
        isTier: false,
        admits: (one, isAnyoneIn) => this.isReachable(one) || isAnyoneNeeded(isAnyoneIn),
      }),
      ...this.#eachTier({ isTier: false, admits: (_, isAnyoneIn) => !(isRace && isAnyoneIn) }),
    ];
  }

  next(isByTime: boolean): ReferenceStage | undefined {
    for (;;) {
      const [group, ...rest] = this.#row;
      if (!group || (isByTime && !group.isTier)) return undefined;
      this.#row = rest;
      const { isAnyoneIn } = this;
      const mayStart = (one: KnownEndpoint) => this.mayBeAsked(one) && group.admits(one, isAnyoneIn);
      const stage = { ...group, mayStart };
      if (this.freeIn(stage).length > 0) return stage;
    }
  }

  beginAgain(): void {
    this.asked.clear();
    this.#row = this.#eachTier({ isTier: true, admits: ({ isCooling }) => !isCooling });
  }

  /** The endpoints that may be asked in a stage, in their order: those that are fit, then the others. */
  freeIn({ tier, mayStart }: ReferenceStage): readonly KnownEndpoint[] {
    const free = this.#all.filter((one) => one.candidate.tier === tier && mayStart(one));
    return [...free.filter((one) => this.isFit(one)), ...free.filter((one) => !this.isFit(one))];
  }

  /** Whether anybody who is not drained is neither left out nor just to be tried. */
  get isAnyoneIn(): boolean {
    return this.#all.some(({ isDrained, isEjected, isTrialDue }) => !isDrained && !isEjected && !isTrialDue);
  }

  mayBeAsked(one: KnownEndpoint): boolean {
    return !one.isDrained && !one.isFull && !this.asked.has(one) && this.asked.size < this.#choice.max;
  }

  /** Whether an endpoint is not left out. One that is just to be tried is no request's only chance. */
  isReachable(one: KnownEndpoint): boolean {
    return !one.isEjected && !(one.isTrialDue && this.#choice.max === 1);
  }

  isFit(one: KnownEndpoint): boolean {
    return this.isReachable(one) && !one.isCooling;
  }

  #eachTier(group: Omit<Group, 'tier'>): readonly Group[] {
    return [0, 1, 2].map((tier) => ({ ...group, tier }));
  }
}
