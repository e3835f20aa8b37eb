import type { AttemptReason } from '../../../src/race/rules.ts';
import type { Outcome, Stage } from './world.ts';

/** A stage that has opened. */
export interface Open {
  readonly rules: Stage;
  /** The candidates of whom it is not yet known whether they start. */
  readonly left: string;
  /** Whether it is known that nobody is left. */
  readonly isUsedUp: boolean;
}

/** A thing that happens by time, and when; `stage` is the number of a stage whose next candidate is due. */
export type Due = { readonly atMs: number } & (
  | { readonly what: 'hedge'; readonly stage: number }
  | { readonly what: 'stage' | 'pause' | 'grace' | 'losers' }
);

export interface Attempt {
  readonly candidate: string;
  readonly reason: AttemptReason;
  readonly stage: number;
}

/** A value that waits for a better one. */
export interface HeldValue {
  readonly attempt: number;
  readonly condition: 'whole' | 'coming' | 'broken';
}

/** The state of a race, as it is written down here: without timers, promises and signals. */
export interface Model {
  readonly nowMs: number;
  readonly result: 'pending' | 'exhausted' | 'aborted' | { readonly winner: number };
  readonly attempts: readonly Attempt[];
  readonly running: readonly number[];
  /** The stages that have opened, and how many of all things between them are behind. */
  readonly opened: readonly Open[];
  readonly passed: number;
  readonly due: readonly Due[];
  readonly held: readonly HeldValue[];
  /** Whether it is known that no further attempt starts. */
  readonly isLast: boolean;
  /** Whether an abort of the whole race would change anything. */
  readonly isListening: boolean;
  readonly discarded: readonly number[];
  readonly aborted: readonly number[];
  readonly calls: readonly boolean[];
}

/** A race before its start. */
export const nothingYet: Model = {
  nowMs: 0,
  result: 'pending',
  attempts: [],
  running: [],
  opened: [],
  passed: 1,
  due: [],
  held: [],
  isLast: false,
  isListening: true,
  discarded: [],
  aborted: [],
  calls: [],
};

/** All that can be seen of a race in this state. */
export function outcomeOf({ result, attempts, discarded, aborted, due, isListening, calls }: Model): Outcome {
  return {
    result,
    started: attempts.map(({ candidate }) => candidate).join(''),
    reasons: attempts.map(({ reason }) => reason),
    discarded,
    aborted,
    timers: due.length,
    listeners: isListening ? 1 : 0,
    calls,
  };
}

/** When the next thing happens by time. */
export function nextDue({ due }: Model): Due | undefined {
  return due.toSorted((a, b) => a.atMs - b.atMs)[0];
}

/** The value that wins if no better one comes: the first that is whole, else the first that is still coming. */
export function bestOf({ held }: Model): HeldValue | undefined {
  return held.find(({ condition }) => condition === 'whole') ?? held.find(({ condition }) => condition === 'coming');
}

/** The same without what is due in these ways. */
export const without = (model: Model, ...what: readonly Due['what'][]): Model => ({
  ...model,
  due: model.due.filter((one) => !what.includes(one.what)),
});
