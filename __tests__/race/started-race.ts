import { Race } from '../../src/race/race.ts';
import type { Arrival, AttemptReason, RaceOptions } from '../../src/race/rules.ts';

/** What an attempt may give: usable or not is its own affair here. */
export interface Value {
  readonly name: string;
  readonly usable: boolean;
  /** Usable, but not preferred. */
  readonly lesser?: boolean;
}

export const usable = (name: string): Value => ({ name, usable: true });
export const unusable = (name: string): Value => ({ name, usable: false });
export const lesser = (name: string): Value => ({ name, usable: true, lesser: true });

/** The rule for races in which some usable values are not preferred. */
export const isPreferred = (value: Value): boolean => value.lesser !== true;

/** An attempt that ends when the test says so. */
export interface TestAttempt {
  readonly candidate: string;
  readonly reason: AttemptReason;
  readonly signal: AbortSignal;
  succeed(value?: Value): Promise<void>;
  fail(): Promise<void>;
}

/** A race under way, with all that it did to the outside. */
export interface StartedRace {
  readonly attempts: readonly TestAttempt[];
  readonly discards: ReadonlyArray<{ readonly value: Value; readonly wasAborted: boolean }>;
  /** Fires the signal of the whole race. */
  abort(reason?: unknown): Promise<void>;
  /** Listeners for `abort` that are registered with the signal of the whole race. */
  readonly listeners: number;
  readonly result: Promise<Arrival<Value> | undefined>;
  /** `pending`, or how the result promise was settled. */
  readonly state: 'pending' | { readonly winner: string | undefined } | { readonly rejected: unknown };
}

/**
 * Runs a race to its end, also one that cannot even be made.
 * @returns the winner, or undefined when every candidate was tried and none was usable (their values went to `discard`).
 * @throws the signal's reason when it fires first. A function of the caller that throws rejects, too.
 */
function race<Candidate, Value>(options: RaceOptions<Candidate, Value>): Promise<Arrival<Value> | undefined> {
  try {
    return new Race(options).run();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Starts a race of candidates that are just names. */
export function startRace(
  candidates: Iterable<string>,
  delayMs: number | ((latest: string) => number),
  overrides: Partial<RaceOptions<string, Value>> = {},
): StartedRace {
  const attempts: TestAttempt[] = [];
  const discards: Array<{ value: Value; wasAborted: boolean }> = [];
  const { signal, abort, countListeners } = countingSignal();
  const result = race<string, Value>({
    candidates,
    signal,
    start: (candidate, handle, reason) => {
      const { promise, resolve, reject } = Promise.withResolvers<Value>();
      attempts.push({
        candidate,
        reason,
        signal: handle.signal,
        succeed: (value = usable(candidate)) => settled(() => resolve(value)),
        fail: () => settled(() => reject(new Error(`${candidate} failed`))),
      });
      return promise;
    },
    isUsable: (value) => value.usable,
    delayMs: typeof delayMs === 'function' ? delayMs : () => delayMs,
    discard: ({ value, abort: handle }) => void discards.push({ value, wasAborted: handle.signal.aborted }),
    ...overrides,
  });
  let state: StartedRace['state'] = 'pending';
  result.then(
    (winner) => {
      state = { winner: winner?.value.name };
    },
    (rejected: unknown) => {
      state = { rejected };
    },
  );
  return {
    attempts,
    discards,
    abort: (reason) => settled(() => abort(reason)),
    get listeners() {
      return countListeners();
    },
    result,
    get state() {
      return state;
    },
  };
}

/** Does something and lets all promises that depend on it settle; no timer runs. */
export async function settled(act: () => void): Promise<void> {
  act();
  for (let tick = 0; tick < 5; tick++) await undefined;
}

function countingSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const added = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: 'abort', listener: () => void) => {
    added.add(listener);
    add(type, listener);
  };
  signal.removeEventListener = (type: 'abort', listener: () => void) => {
    added.delete(listener);
    remove(type, listener);
  };
  return { signal, abort: (reason?: unknown) => controller.abort(reason), countListeners: () => added.size };
}

/** The candidates of attempts, one letter each. */

export const namesOf = (attempts: ReadonlyArray<{ readonly candidate: string }>) =>
  attempts.map(({ candidate }) => candidate).join('');

/** Which attempts were told to stop. */
export const abortedOf = (attempts: ReadonlyArray<{ readonly signal: AbortSignal }>) =>
  attempts.map(({ signal }) => signal.aborted);
