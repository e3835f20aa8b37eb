import { TailRatio } from '../../src/race/tail-ratio.ts';

/** Lets seconds go by, of 100 requests each, in a window of 10 s. */
function spend(ratio: TailRatio, seconds: number, hedges: number, firstHedges = hedges): void {
  const window = { requests: 1_000, hedges: 10 * hedges, firstHedges: 10 * firstHedges };
  for (let second = 0; second < seconds; second++) ratio.correct({ requests: 100, hedges, firstHedges }, window);
}

describe('the share of responses that is slow enough for a hedge', () => {
  test.each([
    { budgetRatio: 0, share: 0 },
    { budgetRatio: 0.01, share: 0.008 },
    { budgetRatio: 0.05, share: 0.04 },
    { budgetRatio: 0.2, share: 0.14 },
    { budgetRatio: 1, share: 0.44 },
    { budgetRatio: Infinity, share: 1 },
  ])('is at first about four fifths of a budget of $budgetRatio: $share', ({ budgetRatio, share }) => {
    expect(new TailRatio(budgetRatio).value).toBeCloseTo(share, 2);
  });

  test('stays where it is as long as it costs four fifths of the budget', () => {
    const ratio = new TailRatio(0.05);
    const before = ratio.value;
    spend(ratio, 100, 4);
    expect(ratio.value).toBe(before);
  });

  test.each([
    { what: 'falls while it costs more', hedges: 5, direction: -1 },
    { what: 'rises while it costs less', hedges: 3, direction: 1 },
  ])('$what', ({ hedges, direction }) => {
    const ratio = new TailRatio(0.05);
    const seen = [ratio.value];
    for (let round = 0; round < 5; round++) {
      spend(ratio, 10, hedges);
      seen.push(ratio.value);
    }
    expect(seen.toSorted((a, b) => direction * (a - b))).toEqual(seen);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('leaves the room in the budget to further hedges of the same requests', () => {
    const ratio = new TailRatio(0.05);
    const before = ratio.value;
    spend(ratio, 100, 4.5, 4);
    expect(ratio.value).toBeCloseTo(before);
  });

  test('falls when further hedges take more than that room', () => {
    const ratio = new TailRatio(0.05);
    const before = ratio.value;
    spend(ratio, 10, 12, 4);
    expect(ratio.value).toBeLessThan(before * 0.5);
  });

  test.each([
    { what: 'in which all were slow', hedges: 100 },
    { what: 'in which none was slow', hedges: 0 },
  ])('changes by about a tenth for a second $what', ({ hedges }) => {
    const ratio = new TailRatio(0.05);
    const before = ratio.value;
    spend(ratio, 1, hedges);
    expect(Math.abs(ratio.value / before - 1)).toBeLessThan(0.15);
  });

  test.each([
    { what: 'however long all are slow', hedges: 100 },
    { what: 'however long none is', hedges: 0 },
  ])('is near what it was half a minute after that is over, $what', ({ hedges }) => {
    const ratio = new TailRatio(0.05);
    const before = ratio.value;
    spend(ratio, 3_600, hedges);
    expect(Math.abs(Math.log(ratio.value / before))).toBeGreaterThan(1);
    spend(ratio, 32, hedges === 0 ? 100 : 0);
    expect(Math.abs(Math.log(ratio.value / before))).toBeLessThan(2);
  });

  test('hardly moves by one hedge where there are few requests', () => {
    const ratio = new TailRatio(0.05);
    const before = ratio.value;
    const hedged = { hedges: 1, firstHedges: 1 };
    ratio.correct({ requests: 1, ...hedged }, { requests: 10, ...hedged });
    expect(Math.abs(ratio.value / before - 1)).toBeLessThan(0.06);
  });

  test.each([0, 1, 1e6])('stays between 0 and 1 with %d hedges a second, whatever the budget', (hedges) => {
    for (const budgetRatio of [0, 0.001, 1, 100, Infinity]) {
      const ratio = new TailRatio(budgetRatio);
      spend(ratio, 1_000, hedges);
      expect(ratio.value).toBeGreaterThanOrEqual(0);
      expect(ratio.value).toBeLessThan(1);
    }
  });
});
