import { jest } from '@jest/globals';
import { createRandom } from '../../../shared/random.ts';
import { LatencyWindow } from '../../../src/endpoints/state/latency.ts';
import { unsteeredDelayMs } from '../../../src/race/delay.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function windowOf(samples: Iterable<number>): LatencyWindow {
  const latency = new LatencyWindow();
  for (const ms of samples) latency.record(ms);
  return latency;
}

const times = (count: number, ms: number): number[] => Array(count).fill(ms);

/** As far from what is expected as two figures of a histogram may be. */
function expectNear(actual: number | undefined, expected: number, ratio = 0.02): void {
  expect(actual).toBeGreaterThanOrEqual(expected * (1 - ratio));
  expect(actual).toBeLessThanOrEqual(expected * (1 + ratio));
}

describe('a percentile', () => {
  test('is unknown with fewer than 20 samples, however often it is asked for', () => {
    const latency = new LatencyWindow();
    for (let count = 0; count < 20; count++) {
      expect(latency.percentileMs(95)).toBeUndefined();
      latency.record(10);
    }
    expectNear(latency.percentileMs(95), 10);
  });

  test.each([
    { percentile: 1, expected: 10 },
    { percentile: 50, expected: 500 },
    { percentile: 90, expected: 900 },
    { percentile: 95, expected: 950 },
    { percentile: 99, expected: 990 },
    { percentile: 99.9, expected: 999 },
  ])('$percentile of 1 to 1000 ms is $expected ms, within 2 %', ({ percentile, expected }) => {
    const latency = windowOf(Array.from({ length: 1000 }, (_, index) => 1000 - index));
    expectNear(latency.percentileMs(percentile), expected);
  });

  test.each([0.001, 0.5, 3, 70, 1_234, 60_000, 3_600_000])('of samples that all took %d ms is these', (ms) => {
    expectNear(windowOf(times(20, ms)).percentileMs(95), ms);
  });

  test.each([
    { ms: 0, expected: 0.001 },
    { ms: 0.0001, expected: 0.001 },
    { ms: 1e9, expected: 3_600_000 },
  ])('of samples that took $ms ms is the nearest that can be counted', ({ ms, expected }) => {
    expectNear(windowOf(times(20, ms)).percentileMs(50), expected);
  });

  test('keeps up with what is recorded after it was asked for', () => {
    const latency = windowOf(times(100, 10));
    expectNear(latency.percentileMs(50), 10);
    for (const ms of times(200, 100)) latency.record(ms);
    expectNear(latency.percentileMs(50), 100);
  });
});

describe('the time that a share of the responses exceeds', () => {
  test('is unknown with fewer than 20 samples', () => {
    expect(windowOf(times(19, 10)).tailMs(0.5)).toBeUndefined();
  });

  test.each([
    { share: 0.5, expected: 500 },
    { share: 0.04, expected: 960 },
    { share: 0.001, expected: 999 },
  ])('is $expected ms for $share of 1 to 1000 ms', ({ share, expected }) => {
    expectNear(windowOf(Array.from({ length: 1000 }, (_, index) => index + 1)).tailMs(share), expected);
  });

  test.each([
    { share: 0.05, expected: 10 },
    { share: 0.025, expected: 20 },
    { share: 0.01, expected: 50 },
    { share: 0, expected: Infinity },
  ])('is more than the slowest of 20 samples took where 20 are too few for the share $share', ({ share, expected }) => {
    const ms = windowOf(times(20, 10)).tailMs(share) ?? NaN;
    if (expected === Infinity) expect(ms).toBe(Infinity);
    else expectNear(ms, expected);
  });
});

describe('what is older than a period', () => {
  test('is remembered for 30 s at least and 60 s at most when enough has come since', () => {
    for (let startMs = 0; startMs < 30_000; startMs += 5_000) {
      const latency = new LatencyWindow();
      jest.advanceTimersByTime(startMs);
      for (const ms of times(20, 10)) latency.record(ms);
      jest.advanceTimersByTime(29_000);
      for (const ms of times(20, 100)) latency.record(ms);
      expectNear(latency.percentileMs(1), 10);
      for (let second = 0; second < 31; second++) {
        jest.advanceTimersByTime(1_000);
        latency.record(100);
      }
      expectNear(latency.percentileMs(1), 100);
    }
  });

  test('gives way to what is new', () => {
    const latency = new LatencyWindow();
    for (let second = 0; second < 120; second++) {
      for (const ms of times(10, second < 60 ? 10 : 100)) latency.record(ms);
      jest.advanceTimersByTime(1_000);
    }
    expectNear(latency.percentileMs(1), 100);
  });

  test('is not mixed with what comes after the pause that made it old', () => {
    const latency = windowOf(times(20, 10));
    jest.advanceTimersByTime(45_000);
    for (const ms of times(20, 100)) latency.record(ms);
    jest.advanceTimersByTime(15_000);
    expectNear(latency.percentileMs(1), 100);
  });

  test.each([60_000, 3_600_000, 86_300_000])('is still gone by after a silence of %d ms', (ms) => {
    const latency = windowOf(times(20, 10));
    jest.advanceTimersByTime(ms);
    expectNear(latency.percentileMs(50), 10);
    for (const sample of times(20, 100)) latency.record(sample);
    jest.advanceTimersByTime(30_000);
    expectNear(latency.percentileMs(1), 100);
  });

  test.each([86_400_000, 86_430_000, 1e9])('is forgotten after a silence of %d ms', (ms) => {
    const latency = windowOf(times(20, 10));
    jest.advanceTimersByTime(ms);
    expect(latency.percentileMs(50)).toBeUndefined();
    for (const sample of times(20, 100)) latency.record(sample);
    expectNear(latency.percentileMs(1), 100);
  });
});

describe('a response a minute', () => {
  test('makes the percentile known from the 20th on, which is that of the last 20 to 40', () => {
    const latency = new LatencyWindow();
    const medians = Array.from({ length: 100 }, (_, index) => {
      latency.record(index < 50 ? 10 : 100);
      jest.advanceTimersByTime(60_000);
      return latency.percentileMs(50);
    });
    expect(medians.indexOf(medians.find((ms) => ms !== undefined))).toBe(19);
    expectNear(medians[49], 10);
    expectNear(medians[89], 100);
    expect(medians.slice(19)).not.toContain(undefined);
  });
});

describe('a loser that was cancelled', () => {
  test.each([
    { what: 'before the hedge delay says nothing', ms: 49, counted: 10 },
    { what: 'at the hedge delay counts as if it had ended then', ms: 50, counted: 50 },
    { what: 'after the hedge delay counts as if it had ended then', ms: 80, counted: 80 },
    { what: 'while no hedge delay is known says nothing', ms: 80, hedgeMs: Infinity, counted: 10 },
  ])('$what', ({ ms, counted, hedgeMs = 50 }) => {
    const latency = windowOf(times(20, 10));
    for (let i = 0; i < 100; i++) latency.recordAtLeast(ms, hedgeMs);
    expectNear(latency.percentileMs(50), counted);
  });

  /**
   * Hedges as the proxy does, at two endpoints of the same kind, one request each 10 ms: for 4 minutes, after one in which
   * it learned without hedging.
   * @returns the smallest and the largest percentile that hedges were timed by.
   */
  function hedgeFor4Minutes(drawMs: () => number, { countLosers = true } = {}): [least: number, most: number] {
    const options = { delayMs: 'p95', minDelayMs: 5, maxDelayMs: 2_000 } as const;
    const latency = new LatencyWindow();
    const seen: number[] = [];
    for (let request = 0; request < 30_000; request++) {
      jest.advanceTimersByTime(10);
      const isLearning = request < 6_000;
      const delayMs = isLearning ? Infinity : unsteeredDelayMs(options, latency);
      const firstMs = drawMs();
      const secondMs = delayMs + drawMs();
      if (firstMs <= secondMs) latency.record(firstMs);
      else if (countLosers) latency.recordAtLeast(secondMs, delayMs);
      if (!isLearning) seen.push(latency.percentileMs(95) ?? NaN);
    }
    return [Math.min(...seen), Math.max(...seen)];
  }

  /** Up to 20 ms, but a share of responses takes much longer. */
  function heavyTail(random: () => number, slow: { readonly share: number; readonly ms: number }): () => number {
    return () => (random() < slow.share ? slow.ms * (1 + random()) : 10 + 10 * random());
  }

  test('keeps the percentile of a heavy tail where it is', () => {
    const [least, most] = hedgeFor4Minutes(heavyTail(createRandom(1), { share: 0.1, ms: 500 }));
    // 10 % take 500 to 1000 ms, so the 95th percentile is at 750 ms.
    expect(least).toBeGreaterThan(675);
    expect(most).toBeLessThan(825);
  });

  test('keeps the percentile up even if it is above the largest delay that a hedge may have', () => {
    const [least, most] = hedgeFor4Minutes(heavyTail(createRandom(2), { share: 0.2, ms: 3_000 }));
    expect(least).toBeGreaterThan(1_980);
    expect(most).toBeLessThan(6_000);
  });

  test('keeps the percentile of fast endpoints where it is', () => {
    const [least, most] = hedgeFor4Minutes(heavyTail(createRandom(3), { share: 0.01, ms: 500 }));
    expect(least).toBeGreaterThan(18);
    expect(most).toBeLessThan(21);
  });

  test('would pull the percentile down if it were left out', () => {
    const drawMs = heavyTail(createRandom(1), { share: 0.1, ms: 500 });
    const [least] = hedgeFor4Minutes(drawMs, { countLosers: false });
    expect(least).toBeLessThan(50);
  });

  test('pulls the percentile of a race down no more than its own wins do', () => {
    const latency = windowOf(times(100, 100));
    for (let i = 0; i < 1_000; i++) latency.recordAtLeast(5 + (i % 90), 100);
    expectNear(latency.percentileMs(5), 100);
  });
});

describe('the summary', () => {
  test('is undefined with fewer than 20 samples', () => {
    expect(windowOf(times(19, 10)).summary()).toBeUndefined();
  });

  test('has the percentiles 50, 95 and 99', () => {
    const latency = windowOf(Array.from({ length: 1000 }, (_, index) => index + 1));
    const { p50, p95, p99, ...more } = latency.summary() ?? { p50: 0, p95: 0, p99: 0 };
    expectNear(p50, 500);
    expectNear(p95, 950);
    expectNear(p99, 990);
    expect(more).toEqual({});
  });
});
