import { addCounts, mergeSnapshots, PastCounts } from '../../../src/cli/serve/snapshots.ts';
import type { EndpointSnapshot } from '../../../src/index.ts';
import { snapshotOf } from '../../helpers/snapshot.ts';

const snapshot = (changes: Partial<EndpointSnapshot> = {}) => snapshotOf('a', changes);

const counts = { inFlight: 1, successes: 2, wins: 3, failures: 4, timeouts: 5, cancelled: 6 };
const twice = { inFlight: 2, successes: 4, wins: 6, failures: 8, timeouts: 10, cancelled: 12 };

describe('addCounts', () => {
  test('adds what is counted and keeps the rest', () => {
    const now = snapshot({ ...counts, state: 'cooling', backInMs: 7, healthRatio: 0.5 });
    const before = snapshot({ ...counts, state: 'drained', healthRatio: 0.1 });
    expect(addCounts(now, before)).toEqual({ ...now, ...twice });
    expect(addCounts(now, undefined)).toBe(now);
  });
});

describe('the counts of proxies that are no more', () => {
  const named = (...names: readonly string[]) => names.map((name) => snapshot({ name, ...counts }));

  test('add to those of endpoints that come back', () => {
    const past = new PastCounts();
    past.add(named('a'));
    past.add(named('b'));
    past.keepOnly(['b'], 1);
    past.add(named('a'));
    expect(past.addedTo(named('a', 'b')).map((one) => one.successes)).toEqual([6, 4]);
  });

  test('are forgotten of all but so many endpoints that are gone, the last ones', () => {
    const past = new PastCounts();
    past.add(named('a', 'b', 'c'));
    past.add(named('a'));
    past.keepOnly(['c'], 1);
    const successes = past.addedTo(named('a', 'b', 'c')).map((one) => one.successes);
    expect(successes).toEqual([6, 2, 4]);
  });

  test('are forgotten of all that are gone where nothing brings them back', () => {
    const past = new PastCounts();
    past.add(named('a', 'b'));
    past.keepOnly(['b']);
    expect(past.addedTo(named('a', 'b')).map((one) => one.successes)).toEqual([2, 4]);
  });
});

describe('mergeSnapshots', () => {
  test('gives one snapshot per endpoint, in the order of the first list', () => {
    const lists = [
      [snapshot({ name: 'a', ...counts }), snapshot({ name: 'b' })],
      [snapshot({ name: 'c' }), snapshot({ name: 'a', ...counts })],
    ];
    const merged = mergeSnapshots(lists);
    expect(merged.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(merged[0]).toMatchObject(twice);
  });

  test('keeps the tier as it is', () => {
    expect(mergeSnapshots([[snapshot({ tier: 2 })], [snapshot({ tier: 2 })]])).toMatchObject([{ tier: 2 }]);
  });

  test('of nothing is nothing', () => {
    expect(mergeSnapshots([])).toEqual([]);
    expect(mergeSnapshots([[], []])).toEqual([]);
  });

  test.each([
    [['available', 'cooling'], 'cooling'],
    [['cooling', 'trial'], 'trial'],
    [['ejected', 'trial'], 'ejected'],
    [['drained', 'ejected', 'available'], 'drained'],
    [['available', 'available'], 'available'],
  ] as const)('of %j shows %s', (states, shown) => {
    expect(mergeSnapshots(states.map((state) => [snapshot({ state })]))).toMatchObject([{ state: shown }]);
  });

  test('tells the longest time until it is back, of those in the state that it shows', () => {
    const lists = [
      [snapshot({ state: 'ejected', backInMs: 100 })],
      [snapshot({ state: 'ejected', backInMs: 300 })],
      [snapshot({ state: 'cooling', backInMs: 900 })],
    ];
    expect(mergeSnapshots(lists)).toMatchObject([{ state: 'ejected', backInMs: 300 }]);
  });

  test.each([
    { causes: ['failures', 'unreachable'], shown: 'unreachable' },
    { causes: ['failures', 'failures'], shown: 'failures' },
  ] as const)('tells of the causes $causes that it is $shown', ({ causes, shown }) => {
    const lists = causes.map((ejectionCause) => [snapshot({ state: 'ejected', ejectionCause })]);
    expect(mergeSnapshots(lists)).toMatchObject([{ ejectionCause: shown }]);
  });

  test('tells no cause of a state that it does not show', () => {
    const lists = [[snapshot({ state: 'trial', ejectionCause: 'failures' })], [snapshot({ state: 'drained' })]];
    expect(mergeSnapshots(lists)).toMatchObject([{ state: 'drained', ejectionCause: undefined }]);
  });

  test('weighs health and latency by what is behind them', () => {
    const lists = [
      [snapshot({ successes: 299, healthRatio: 1, latencyMs: { p50: 10, p95: 20, p99: 30 } })],
      [snapshot({ failures: 99, healthRatio: 0, latencyMs: { p50: 50, p95: 60, p99: 70 } })],
    ];
    expect(mergeSnapshots(lists)).toMatchObject([{ healthRatio: 0.75, latencyMs: { p50: 20, p95: 30, p99: 40 } }]);
  });

  test('asks nobody for a latency who knows none', () => {
    const latencyMs = { p50: 10, p95: 20, p99: 30 };
    expect(mergeSnapshots([[snapshot({ successes: 50, latencyMs })], [snapshot({ successes: 5 })]])).toMatchObject([
      { latencyMs },
    ]);
    expect(mergeSnapshots([[snapshot()], [snapshot()]])).toMatchObject([{ latencyMs: undefined }]);
  });
});
