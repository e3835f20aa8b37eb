/** How long an endpoint takes, as a mixture: a share of its requests around each middle. */
export interface ServiceTime {
  readonly shareRatio: number;
  readonly middleMs: number;
}

/** Mostly quick, sometimes slow, rarely very slow: the shape of "The Tail at Scale" (Dean and Barroso 2013). */
export const heavyTail: readonly ServiceTime[] = [
  { shareRatio: 0.95, middleMs: 5 },
  { shareRatio: 0.04, middleMs: 50 },
  { shareRatio: 0.01, middleMs: 1_000 },
];

/** Draws one service time in milliseconds: half to one and a half times the middle of the drawn share. */
export function drawServiceMs(mixture: readonly ServiceTime[], random: () => number): number {
  let left = random();
  const drawn = mixture.find(({ shareRatio }) => {
    left -= shareRatio;
    return left < 0;
  });
  const { middleMs } = drawn ?? (mixture.at(-1) as ServiceTime);
  return middleMs * (0.5 + random());
}
