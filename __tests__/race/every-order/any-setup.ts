import type { Setup, Stage } from './world.ts';

/** A race of any stages, whose times are such that two things are hardly ever due at once. */
export function anySetup(random: () => number): Setup {
  const pick = <T>(...values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0];
  const stage = (number: number): Stage => ({
    candidates: pick('a', 'ab', 'abc', '-', '', 'a-b', 'aBc', 'AB', '-aB'),
    delayMs: pick(0, 10_007 + 101 * number, Infinity),
    mayHedge: random() < 0.8,
    opensByTime: random() < 0.6,
    opensFor: pick('tier', 'failure', undefined),
    reason: pick(undefined, undefined, 'retry'),
  });
  const further = Array.from({ length: Math.floor(random() * 5) }, (_, number) =>
    random() < 0.25 ? 17_011 + 13 * number : stage(number + 1),
  );
  return {
    stages: [stage(0), ...further],
    stageDelayMs: pick(Infinity, 3_701, 103_703),
    kinds: pick(
      ['usable', 'failure'],
      ['failure'],
      ['lesser', 'failure'],
      ['coming', 'lesser', 'failure'],
      ['usable', 'lesser', 'unusable', 'failure'],
    ),
    follows: pick('every end', 'every end', 'every end', 'failures', 'nothing'),
    preferGraceMs: pick(9_001, 250_007),
    loserGraceMs: pick(0, 2_003, Infinity),
  };
}
