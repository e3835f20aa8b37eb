/**
 * The allowance for extra attempts. A hedge delay that fits today starts an extra attempt for a few requests in a
 * hundred; when every endpoint slows down at once it would start one for each of them and double the load of servers
 * that are in trouble already (Azure SDK for Rust 4914 measured 2.00x). So extra attempts are limited to a share of the
 * requests of the last seconds, plus a floor that lets quiet services hedge at all.
 *
 * An empty budget means "no further attempt", never "fail the request" (failsafe-go 141).
 */

import type { Lease } from './rules.ts';
import { type Spending, TailRatio } from './tail-ratio.ts';

/** How large a budget is. */
export interface BudgetOptions {
  /** Extra attempts per request, over the window. */
  readonly budgetRatio: number;
  /** Extra attempts that a window allows even without requests; 0 is a strict ratio. */
  readonly budgetFloor: number;
  /** Most extra attempts under way at one moment. */
  readonly maxConcurrent: number;
}

const slotMs = 1_000;
const slotCount = 10;

/** The figures of a second, or of all seconds that count. */
interface Figures extends Spending {
  requests: number;
  hedges: number;
  firstHedges: number;
  /** The hedges for which there was room. */
  extras: number;
}

/** Counts requests and extra attempts over the last 10 s, in slots of a second. */
export class HedgeBudget {
  readonly #options: BudgetOptions;
  readonly #tailRatio: TailRatio;
  readonly #slots: readonly Figures[] = Array.from({ length: slotCount }, zeros);
  readonly #window = zeros();
  #slotNumber = currentSlot();
  #underWay = 0;
  #denied = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#tailRatio = new TailRatio(options.budgetRatio);
  }

  /** How often an extra attempt was refused since the start. */
  get denied(): number {
    return this.#denied;
  }

  /** The share of responses, from 0 to 1, that is slow enough for a hedge: it spends the budget, and leaves room in it. */
  get tailRatio(): number {
    return this.#tailRatio.value;
  }

  /** Counts a request that may be hedged, which adds `budgetRatio` extra attempts to the window. */
  deposit(): void {
    this.#slot().requests++;
    this.#window.requests++;
  }

  /**
   * Takes one extra attempt out of the budget, if there is one; the attempt counts as under way until its lease ends.
   * @param isFirst whether its request has had none so far.
   */
  withdraw(isFirst = true): Lease | undefined {
    const slot = this.#slot();
    for (const figures of [slot, this.#window]) {
      figures.hedges++;
      if (isFirst) figures.firstHedges++;
    }
    const { budgetRatio, budgetFloor, maxConcurrent } = this.#options;
    const allowed = budgetFloor + budgetRatio * this.#window.requests;
    if (this.#window.extras + 1 > allowed || this.#underWay >= maxConcurrent) {
      this.#denied++;
      return undefined;
    }
    slot.extras++;
    this.#window.extras++;
    return this.#lease();
  }

  #lease(): Lease {
    let isOver = false;
    this.#underWay++;
    return {
      end: () => {
        if (!isOver) this.#underWay--;
        isOver = true;
      },
    };
  }

  /** The slot of this second; slots that are older than the window leave the sums. */
  #slot(): Figures {
    const now = currentSlot();
    if (now === this.#slotNumber) return this.#at(now);
    this.#tailRatio.correct(this.#at(this.#slotNumber), this.#window);
    const passed = Math.min(now - this.#slotNumber, slotCount);
    for (let i = 1; i <= passed; i++) this.#empty(this.#at(now - passed + i));
    this.#slotNumber = now;
    return this.#at(now);
  }

  #empty(slot: Figures): void {
    for (const name of ['requests', 'hedges', 'firstHedges', 'extras'] as const) {
      this.#window[name] -= slot[name];
      slot[name] = 0;
    }
  }

  #at(slotNumber: number): Figures {
    const slot = this.#slots[slotNumber % slotCount];
    if (!slot) throw new RangeError(`no slot ${slotNumber}`);
    return slot;
  }
}

function zeros(): Figures {
  return { requests: 0, hedges: 0, firstHedges: 0, extras: 0 };
}

function currentSlot(): number {
  return Math.floor(performance.now() / slotMs);
}
