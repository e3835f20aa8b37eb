import { jest } from '@jest/globals';
import { BalancingProxyError } from '../../../../src/index.ts';
import { History } from '../../../../src/observers/dashboard/history/history.ts';
import { attemptEnded, reportOf, requestEnded } from '../fake-source.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const seconds = (count: number) => void jest.advanceTimersByTime(count * 1_000);
const gone = new BalancingProxyError('ERR_BRP_CLIENT_GONE', 'gone');

describe('History of requests', () => {
  test('knows no ratio without a request', () => {
    expect(new History().clientFigures()).toMatchObject({ perSecond: 0, successRatio: null, loadMultiplier: null });
  });

  test('counts the requests of the last ten seconds', () => {
    const history = new History();
    seconds(20);
    for (let i = 0; i < 16; i++) history.observe(requestEnded());
    // Four whole slots of two seconds, and the one that has just begun.
    expect(history.clientFigures().perSecond).toBe(2);
    seconds(1);
    expect(history.clientFigures().perSecond).toBeCloseTo(16 / 9);
    seconds(10);
    expect(history.clientFigures().perSecond).toBe(0);
  });

  test('reckons with no more time than it has been there, and with a second at least', () => {
    const history = new History();
    history.observe(requestEnded());
    history.observe(requestEnded());
    expect(history.clientFigures().perSecond).toBe(2);
    seconds(4);
    expect(history.clientFigures().perSecond).toBe(0.5);
  });

  test('counts a request that others answer as one without a good response', () => {
    const history = new History();
    history.observe(requestEnded());
    const error = new BalancingProxyError('ERR_BRP_EXHAUSTED', 'none');
    history.observe(requestEnded({ outcome: 'passed-on', status: undefined, winner: undefined, error }));
    expect(history.clientFigures().successRatio).toBe(0.5);
  });

  test('gives the share of good responses; clients that left do not count', () => {
    const history = new History();
    history.observe(requestEnded());
    history.observe(requestEnded());
    history.observe(requestEnded({ status: 500, winner: undefined }));
    history.observe(requestEnded({ error: new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'lost') }));
    history.observe(requestEnded({ status: undefined, winner: undefined, error: gone }));
    expect(history.clientFigures().successRatio).toBe(0.5);
  });

  test('gives attempts per request', () => {
    const history = new History();
    history.observe(requestEnded({ attempts: [reportOf(), reportOf(), reportOf()] }));
    history.observe(requestEnded({ attempts: [reportOf(), reportOf()] }));
    expect(history.clientFigures().loadMultiplier).toBe(2.5);
  });

  test('forgets after a minute', () => {
    const history = new History();
    history.observe(requestEnded());
    seconds(60);
    expect(history.clientFigures()).toMatchObject({ perSecond: 0, successRatio: null, loadMultiplier: null });
  });
});

/** A history that is told of the end of each attempt at once. */
function watchedHistory(): History {
  const history = new History();
  history.tellAttempts(true);
  seconds(1);
  return history;
}

describe('History of an endpoint', () => {
  test('knows nothing of one that it never saw', () => {
    const { activity, ...rest } = new History().endpointFigures('one');
    expect(rest).toEqual({ attemptsPerSecond: 0, winRatio: null, successRatio: null, ejections: 0, breaks: 0 });
    expect(activity).toEqual(Array.from({ length: 30 }, () => 0));
  });

  test('gives its share of the wins', () => {
    const history = watchedHistory();
    for (const endpoint of ['one', 'one', 'one', 'two']) history.observe(attemptEnded({ endpoint }));
    history.observe(attemptEnded({ endpoint: 'two', outcome: 'lost' }));
    expect(history.endpointFigures('one').winRatio).toBe(0.75);
    expect(history.endpointFigures('two').winRatio).toBe(0.25);
  });

  test('gives the share of usable responses among the attempts that were not cancelled', () => {
    const history = watchedHistory();
    for (const outcome of ['won', 'lost', 'unusable', 'failed', 'timed-out', 'cancelled', 'cancelled'] as const) {
      history.observe(attemptEnded({ outcome }));
    }
    expect(history.endpointFigures('one').successRatio).toBe(0.4);
  });

  test('counts an attempt that went on with a body as no failure and no win', () => {
    const history = watchedHistory();
    for (const outcome of ['won', 'resumed', 'failed', 'resumed'] as const) history.observe(attemptEnded({ outcome }));
    expect(history.endpointFigures('one')).toMatchObject({ successRatio: 0.75, winRatio: 1 });
    history.observe(attemptEnded({ endpoint: 'two', outcome: 'resumed' }));
    expect(history.endpointFigures('two')).toMatchObject({ successRatio: 1, winRatio: 0 });
  });

  test('counts a body that broke off as a failure of its endpoint, mended or not', () => {
    const history = watchedHistory();
    const broken = reportOf({ brokeOff: { afterMs: 1_000, atByte: 1 } });
    history.observe(attemptEnded());
    history.observe(attemptEnded());
    history.observe(
      requestEnded({ resumes: 1, attempts: [broken, reportOf({ endpoint: 'two', outcome: 'resumed' })] }),
    );
    expect(history.endpointFigures('one')).toMatchObject({ successRatio: 0.5, breaks: 1 });
  });

  test('counts no more failures than attempts, though a body breaks off long after its attempt', () => {
    const history = watchedHistory();
    const broken = reportOf({ brokeOff: { afterMs: 100_000, atByte: 1 } });
    history.observe(requestEnded({ attempts: [broken] }));
    expect(history.endpointFigures('one').successRatio).toBeNull();
    history.observe(attemptEnded());
    history.observe(requestEnded({ attempts: [broken] }));
    expect(history.endpointFigures('one').successRatio).toBe(0);
  });

  test('knows no success of one whose attempts were all cancelled', () => {
    const history = watchedHistory();
    history.observe(attemptEnded({ outcome: 'cancelled' }));
    expect(history.endpointFigures('one').successRatio).toBeNull();
  });

  test('gives its attempts slot by slot', () => {
    const history = watchedHistory();
    history.observe(attemptEnded());
    seconds(2);
    history.observe(attemptEnded());
    history.observe(attemptEnded());
    expect(history.endpointFigures('one').activity.slice(-3)).toEqual([0, 1, 2]);
  });

  test('counts its ejections for as long as it is there, and forgets those of endpoints that are no more', () => {
    const history = watchedHistory();
    const ejected = { type: 'endpoint-ejected', endpoint: 'one', forMs: 1_000, cause: 'unreachable' } as const;
    history.observe(ejected);
    seconds(600);
    history.observe(ejected);
    expect(history.endpointFigures('one').ejections).toBe(2);
    history.keepOnly(new Set(['two']));
    expect(history.endpointFigures('one').ejections).toBe(0);
  });

  test('counts attempts at the end of their request, where nobody has told of them before', () => {
    const history = new History();
    const attempts = [reportOf(), reportOf({ endpoint: 'two', outcome: 'failed' })];
    history.observe(requestEnded({ attempts }));
    expect(history.endpointFigures('one')).toMatchObject({ attemptsPerSecond: 1, winRatio: 1, successRatio: 1 });
    expect(history.endpointFigures('two')).toMatchObject({ attemptsPerSecond: 1, winRatio: 0, successRatio: 0 });
  });

  test('counts each attempt once, of which only some were told of before the end of their request', () => {
    const history = new History();
    seconds(1);
    history.tellAttempts(true);
    seconds(1);
    const late = reportOf({ startedAfterMs: 900, durationMs: 500 });
    history.observe(attemptEnded(late));
    // The request came 1.5 s ago, and its first attempt had ended before anybody watched.
    const early = reportOf({ outcome: 'failed', durationMs: 100 });
    history.observe(requestEnded({ durationMs: 1_500, attempts: [early, late] }));
    expect(history.endpointFigures('one')).toMatchObject({ successRatio: 0.5 });
    expect(history.endpointFigures('one').activity.at(-1)).toBe(2);
    history.tellAttempts(false);
    history.observe(requestEnded());
    expect(history.endpointFigures('one').activity.at(-1)).toBe(3);
  });

  test('counts no more than 256 of all that a function may give', () => {
    const history = new History();
    const attempts = Array.from({ length: 300 }, (_, index) => reportOf({ endpoint: `${index}` }));
    history.observe(requestEnded({ attempts }));
    expect(['255', '256'].map((name) => history.endpointFigures(name).attemptsPerSecond)).toEqual([1, 0]);
    for (let i = 0; i < 300; i++) {
      history.observe({ type: 'endpoint-ejected', endpoint: `${i}`, forMs: 1_000, cause: 'unreachable' });
    }
    expect(history.record.ejections.size).toBe(256);
  });
});

describe('History of clients', () => {
  const answered = (ms: number) =>
    requestEnded({
      attempts: [reportOf({ startedAfterMs: ms / 2, durationMs: ms / 2 }), reportOf({ outcome: 'lost' })],
    });

  test('gives the time to the usable response, whoever was asked before, once there were twenty', () => {
    const history = new History();
    for (let i = 0; i < 19; i++) history.observe(answered(100));
    expect(history.clientFigures()).toMatchObject({ latencyMs: null, latencyCount: 19 });
    history.observe(answered(1_000));
    const { latencyMs, latencyCount } = history.clientFigures();
    expect(latencyCount).toBe(20);
    expect(latencyMs?.p50).toBeCloseTo(100, -1);
    expect(latencyMs?.p99).toBeCloseTo(1_000, -2);
  });

  test('counts no time where nobody won', () => {
    const history = new History();
    history.observe(requestEnded({ winner: undefined, attempts: [reportOf({ outcome: 'unusable' })] }));
    expect(history.clientFigures().latencyCount).toBe(0);
  });

  test('tells the strategies that requests had, and after a quiet minute the last one', () => {
    const history = new History();
    expect(history.clientFigures().strategies).toEqual([]);
    for (const strategy of ['single', 'hedge', 'hedge', 'hedge', undefined] as const) {
      history.observe(requestEnded({ strategy }));
    }
    const shares = [
      { strategy: 'hedge', ratio: 0.75 },
      { strategy: 'single', ratio: 0.25 },
    ];
    expect(history.clientFigures().strategies).toEqual(shares);
    seconds(120);
    expect(history.clientFigures().strategies).toEqual([{ strategy: 'hedge', ratio: 1 }]);
  });

  test('gives the share of hedged requests among those that might be', () => {
    const history = new History();
    history.observe(requestEnded());
    expect(history.clientFigures()).toMatchObject({ hasHedged: false, hedgedRatio: null });
    const hedge = (attempts = [reportOf()]) => requestEnded({ strategy: 'hedge', attempts });
    for (let i = 0; i < 3; i++) history.observe(hedge());
    history.observe(hedge([reportOf(), reportOf({ reason: 'hedge' }), reportOf({ reason: 'hedge' })]));
    expect(history.clientFigures()).toMatchObject({ hasHedged: true, hedgedRatio: 0.25 });
  });

  test('counts requests, failures and mended breaks from the beginning', () => {
    const history = new History();
    history.observe(requestEnded({ resumes: 2 }));
    history.observe(requestEnded({ error: new BalancingProxyError('ERR_BRP_EXHAUSTED', 'none'), winner: undefined }));
    history.observe(requestEnded({ error: gone, winner: undefined }));
    seconds(600);
    expect(history.clientFigures().totals).toEqual({ requests: 3, failures: 1, resumes: 2 });
  });
});

describe('History of several processes', () => {
  /** Counts some requests, of which the client waited so many milliseconds each. */
  function historyOf(waits: readonly number[]): History {
    const history = new History();
    for (const ms of waits) history.observe(requestEnded({ attempts: [reportOf({ durationMs: ms })] }));
    return history;
  }

  test('adds up, with percentiles as exact as those of one', () => {
    const waits = Array.from({ length: 300 }, (_, index) => index + 1);
    const parts = [0, 1, 2].map((part) => historyOf(waits.filter((ms) => ms % 3 === part)));
    const sum = new History();
    // As on the way to another process.
    for (const { record } of parts) sum.add(structuredClone(record));
    const all = historyOf(waits);
    expect(sum.clientFigures()).toEqual(all.clientFigures());
    expect(sum.endpointFigures('one')).toEqual(all.endpointFigures('one'));
  });

  test('keeps the slots of time apart', () => {
    const history = new History();
    history.observe(requestEnded());
    seconds(4);
    history.observe(requestEnded());
    const sum = new History();
    sum.add(history.record);
    sum.add(history.record);
    expect(sum.clientFigures().activity.slice(-3)).toEqual([2, 0, 2]);
    expect(sum.clientFigures().perSecond).toBe(1);
  });

  test('goes on with what it is told itself', () => {
    const sum = historyOf([10]);
    sum.observe({ type: 'endpoint-ejected', endpoint: 'one', forMs: 1_000, cause: 'unreachable' });
    const { record } = sum;
    sum.add(structuredClone(record));
    sum.observe(requestEnded({ attempts: [reportOf({ brokeOff: { afterMs: 1, atByte: 1 } })] }));
    sum.add(structuredClone(sum.record));
    expect(sum.clientFigures().totals.requests).toBe(6);
    expect(sum.endpointFigures('one')).toMatchObject({ ejections: 4, breaks: 2 });
  });
});
