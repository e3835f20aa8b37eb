import { isDeepStrictEqual } from 'node:util';
import { jest } from '@jest/globals';
import type { Condition, RaceOptions, RaceStage } from '../../../src/race/rules.ts';
import {
  isPreferred,
  lesser,
  namesOf,
  type StartedRace,
  settled,
  startRace,
  unusable,
  usable,
  type Value,
} from '../started-race.ts';
import { outcomeOf } from './state.ts';
import { stories, type Told, untilNextDue, type Waits } from './stories.ts';
import { type Happening, mayOpen, mayStart, type Outcome, type Setup, type Stage } from './world.ts';

const makeValue = { usable, lesser, coming: lesser, unusable };

/** A real race by these rules, with what it has asked for. */
class RealRace {
  readonly #race: StartedRace;
  readonly #calls: boolean[] = [];
  readonly #ended = new Set<number>();
  /** The conditions of values that were not whole when they came. */
  readonly #conditions = new Map<string, Condition>();
  readonly #rest: (Stage | number)[];
  #startedCount = 0;

  constructor(setup: Setup) {
    const [first, ...rest] = setup.stages;
    this.#rest = rest;
    this.#race = startRace(first.candidates, first.delayMs, { ...this.#rulesOf(first), ...this.#options(setup) });
  }

  /** Lets something happen. */
  async enact(happening: Happening): Promise<void> {
    switch (happening.kind) {
      case 'abort':
        return this.#race.abort('aborted');
      case 'wait':
        return settled(() => void jest.advanceTimersByTime(happening.ms));
      case 'break':
        return void this.#conditions.set(`${happening.attempt}`, 'broken');
      case 'failure':
        this.#ended.add(happening.attempt);
        return this.#race.attempts[happening.attempt]?.fail();
      default:
        this.#ended.add(happening.attempt);
        if (happening.kind === 'coming') this.#conditions.set(`${happening.attempt}`, 'coming');
        return this.#race.attempts[happening.attempt]?.succeed(makeValue[happening.kind](`${happening.attempt}`));
    }
  }

  /** All that can be seen. */
  observe(): Outcome {
    const { attempts, discards, listeners } = this.#race;
    return {
      result: resultOf(this.#race),
      started: namesOf(attempts),
      reasons: attempts.map(({ reason }) => reason),
      discarded: discards.map(({ value }) => Number(value.name)),
      aborted: attempts.flatMap(({ signal }, number) => (signal.aborted ? number : [])),
      timers: jest.getTimerCount(),
      listeners,
      calls: [...this.#calls],
    };
  }

  #options({ kinds, follows, ...setup }: Setup): Partial<RaceOptions<string, Value>> {
    const { stageDelayMs, preferGraceMs, loserGraceMs } = setup;
    return {
      stageDelayMs,
      loserGraceMs,
      nextStage: this.#nextStage,
      conditionOf: ({ name }) => this.#conditions.get(name) ?? 'whole',
      ...(kinds.some((kind) => kind === 'lesser' || kind === 'coming') && { isPreferred, preferGraceMs }),
      ...(follows !== 'every end' && { mayFollow: (error) => follows === 'failures' && error !== undefined }),
    };
  }

  readonly #nextStage = (isByTime: boolean): RaceStage<string> | number | undefined => {
    this.#calls.push(isByTime);
    if (!mayOpen(this.#rest[0], isByTime)) return undefined;
    const next = this.#rest.shift();
    return typeof next === 'object' ? this.#rulesOf(next) : next;
  };

  #rulesOf({ candidates, delayMs, mayHedge, opensFor, reason }: Stage): RaceStage<string> {
    return {
      candidates,
      // Called once for each attempt, just after its start.
      delayMs: () => {
        this.#startedCount++;
        return delayMs;
      },
      mayStart: (candidate) => mayStart(candidate, this.#isAnybodyUnderWay),
      reason,
      ...(opensFor && { opensFor }),
      ...(!mayHedge && { leaseHedge: () => undefined }),
    };
  }

  get #isAnybodyUnderWay(): boolean {
    return this.#startedCount > this.#ended.size;
  }
}

function resultOf({ state }: StartedRace): unknown {
  if (state === 'pending') return state;
  if ('rejected' in state) return state.rejected;
  return state.winner === undefined ? 'exhausted' : { winner: Number(state.winner) };
}

/** Tells every story to a real race. @returns how many there are. */
export async function tellAll(setup: Setup, waits: Waits = untilNextDue): Promise<number> {
  let count = 0;
  for (const told of stories(setup, waits)) {
    await tell(setup, told);
    count++;
  }
  return count;
}

/** Tells a story to a real race and compares all that can be seen after each happening with the model. */
export async function tell(setup: Setup, told: readonly Told[]): Promise<void> {
  const race = new RealRace(setup);
  const outcomes: Outcome[] = [];
  for (const { happening } of told) {
    await race.enact(happening);
    outcomes.push(race.observe());
  }
  const expected = told.map(({ model }) => outcomeOf(model));
  // The comparison of jest takes most of the time; it is asked only for what it says of a difference.
  if (isDeepStrictEqual(outcomes, expected)) return;
  const story = told.map(({ happening }) => happening);
  expect({ setup, story, outcomes }).toEqual({ setup, story, outcomes: expected });
}
