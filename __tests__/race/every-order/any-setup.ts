import type { Setup, Stage } from './world.ts';

/** A race of any stages. No two of its times are sums of the same others, so that no two things are due at once. */
export function anySetup(random: () => number): Setup {
  const pick = <T>(...values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0];
  const stage = (number: number): Stage => ({
    candidates: pick('a', 'ab', 'abc', '-', '', 'a-b', 'aBc', 'AB', '-aB'),
    delayMs: pick(0, 100 + number * 0.1, Infinity),
    mayHedge: random() < 0.8,
    opensByTime: random() < 0.6,
    opensFor: pick('tier', 'failure', undefined),
    reason: pick(undefined, undefined, 'retry'),
  });
  const further = Array.from({ length: Math.floor(random() * 5) }, (_, number) =>
    random() < 0.25 ? 170.03 + number : stage(number + 1),
  );
  return {
    stages: [stage(0), ...further],
    stageDelayMs: pick(Infinity, 37.007, 1_037.007),
    kinds: pick(['usable', 'failure'], ['failure'], ['lesser', 'failure'], ['usable', 'lesser', 'unusable', 'failure']),
    follows: pick('every end', 'every end', 'every end', 'failures', 'nothing'),
    preferGraceMs: pick(90.0009, 2_500.0009),
    loserGraceMs: pick(0, 23, Infinity),
  };
}
