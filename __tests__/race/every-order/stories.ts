import { beginning, step } from './model.ts';
import { type Model, nextDue } from './state.ts';
import type { Happening, Setup } from './world.ts';

/** A happening, and the state of the model after it. */
export interface Told {
  readonly happening: Happening;
  readonly model: Model;
}

/** Gives the milliseconds for which a story may let time go by in this state, after all that was told. */
export type Waits = (model: Model, told: readonly Told[]) => readonly number[];

/** Until the next thing happens by time. */
export const untilNextDue: Waits = (model) => {
  const due = nextDue(model);
  return due ? [due.atMs - model.nowMs] : [];
};

/** Every story: until nothing runs any more, anything that can happen next does. */
export function* stories(setup: Setup, waits: Waits, told: readonly Told[] = []): Generator<readonly Told[]> {
  const all = continuations(setup, waits, told);
  if (all.length === 0) yield told;
  for (const one of all) yield* stories(setup, waits, [...told, one]);
}

/** One of the stories. */
export function anyStory(setup: Setup, random: () => number): readonly Told[] {
  const told: Told[] = [];
  for (;;) {
    const all = continuations(setup, untilNextDue, told);
    const one = all[Math.floor(random() * all.length)];
    if (!one) return told;
    told.push(one);
  }
}

/** All that can happen next. */
function continuations(setup: Setup, waits: Waits, told: readonly Told[]): readonly Told[] {
  const model = told.at(-1)?.model ?? beginning(setup);
  const next: Happening[] = model.running.flatMap((attempt) => setup.kinds.map((kind) => ({ kind, attempt })));
  for (const { attempt, condition } of model.held) if (condition === 'coming') next.push({ kind: 'break', attempt });
  if (model.isListening) next.push({ kind: 'abort' });
  for (const ms of waits(model, told)) next.push({ kind: 'wait', ms });
  return next.map((happening) => ({ happening, model: step(model, happening, setup) }));
}
