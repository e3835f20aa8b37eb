import { jest } from '@jest/globals';
import { BalancingProxyError } from '../../../src/index.ts';
import { History } from '../../../src/observers/dashboard/history.ts';
import { attemptEnded, reportOf, requestEnded } from './fake-source.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const seconds = (count: number) => void jest.advanceTimersByTime(count * 1_000);
const gone = new BalancingProxyError('ERR_BRP_CLIENT_GONE', 'gone');

describe('History of requests', () => {
  test('knows no ratio without a request', () => {
    expect(new History().requestFigures()).toEqual({ perSecond: 0, successRatio: null, loadMultiplier: null });
  });

  test('counts the requests of the last ten seconds', () => {
    const history = new History();
    seconds(20);
    for (let i = 0; i < 16; i++) history.observe(requestEnded());
    // Four whole slots of two seconds, and the one that has just begun.
    expect(history.requestFigures().perSecond).toBe(2);
    seconds(1);
    expect(history.requestFigures().perSecond).toBeCloseTo(16 / 9);
    seconds(10);
    expect(history.requestFigures().perSecond).toBe(0);
  });

  test('reckons with no more time than it has watched, and with a second at least', () => {
    const history = new History();
    history.observe(requestEnded());
    history.observe(requestEnded());
    expect(history.requestFigures().perSecond).toBe(2);
    seconds(4);
    expect(history.requestFigures().perSecond).toBe(0.5);
  });

  test('counts a request that others answer as one without a good response', () => {
    const history = new History();
    history.observe(requestEnded());
    const error = new BalancingProxyError('ERR_BRP_EXHAUSTED', 'none');
    history.observe(requestEnded({ outcome: 'passed-on', status: undefined, winner: undefined, error }));
    expect(history.requestFigures().successRatio).toBe(0.5);
  });

  test('gives the share of good responses; clients that left do not count', () => {
    const history = new History();
    history.observe(requestEnded());
    history.observe(requestEnded());
    history.observe(requestEnded({ status: 500, winner: undefined }));
    history.observe(requestEnded({ error: new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'lost') }));
    history.observe(requestEnded({ status: undefined, winner: undefined, error: gone }));
    expect(history.requestFigures().successRatio).toBe(0.5);
  });

  test('gives attempts per request', () => {
    const history = new History();
    history.observe(requestEnded({ attempts: [reportOf(), reportOf(), reportOf()] }));
    history.observe(requestEnded({ attempts: [reportOf(), reportOf()] }));
    expect(history.requestFigures().loadMultiplier).toBe(2.5);
  });

  test('forgets after a minute', () => {
    const history = new History();
    history.observe(requestEnded());
    seconds(60);
    expect(history.requestFigures()).toEqual({ perSecond: 0, successRatio: null, loadMultiplier: null });
  });
});

describe('History of an endpoint', () => {
  test('knows nothing of one that it never saw', () => {
    const { activity, ...rest } = new History().endpointFigures('one');
    expect(rest).toEqual({ attemptsPerSecond: 0, winRatio: null, errorRatio: null, ejections: 0 });
    expect(activity).toEqual(Array.from({ length: 30 }, () => 0));
  });

  test('gives its share of the wins', () => {
    const history = new History();
    for (const endpoint of ['one', 'one', 'one', 'two']) history.observe(attemptEnded({ endpoint }));
    history.observe(attemptEnded({ endpoint: 'two', outcome: 'lost' }));
    expect(history.endpointFigures('one').winRatio).toBe(0.75);
    expect(history.endpointFigures('two').winRatio).toBe(0.25);
  });

  test('gives the share of failures among the attempts that were not cancelled', () => {
    const history = new History();
    for (const outcome of ['won', 'lost', 'unusable', 'failed', 'timed-out', 'cancelled', 'cancelled'] as const) {
      history.observe(attemptEnded({ outcome }));
    }
    expect(history.endpointFigures('one').errorRatio).toBe(0.6);
  });

  test('counts an attempt that went on with a body as no failure and no win', () => {
    const history = new History();
    for (const outcome of ['won', 'resumed', 'failed', 'resumed'] as const) history.observe(attemptEnded({ outcome }));
    expect(history.endpointFigures('one')).toMatchObject({ errorRatio: 0.25, winRatio: 1 });
    history.observe(attemptEnded({ endpoint: 'two', outcome: 'resumed' }));
    expect(history.endpointFigures('two')).toMatchObject({ errorRatio: 0, winRatio: 0 });
  });

  test('counts a body that broke off as an error of its endpoint, mended or not', () => {
    const history = new History();
    const broken = reportOf({ brokeOff: { afterMs: 1_000, atByte: 1 } });
    history.observe(attemptEnded());
    history.observe(attemptEnded());
    history.observe(
      requestEnded({ resumes: 1, attempts: [broken, reportOf({ endpoint: 'two', outcome: 'resumed' })] }),
    );
    expect(history.endpointFigures('one').errorRatio).toBe(0.5);
  });

  test('counts no more errors than attempts, though a body breaks off long after its attempt', () => {
    const history = new History();
    const broken = reportOf({ brokeOff: { afterMs: 100_000, atByte: 1 } });
    history.observe(requestEnded({ attempts: [broken] }));
    expect(history.endpointFigures('one').errorRatio).toBeNull();
    history.observe(attemptEnded());
    history.observe(requestEnded({ attempts: [broken] }));
    expect(history.endpointFigures('one').errorRatio).toBe(1);
  });

  test('knows no error ratio of one whose attempts were all cancelled', () => {
    const history = new History();
    history.observe(attemptEnded({ outcome: 'cancelled' }));
    expect(history.endpointFigures('one').errorRatio).toBeNull();
  });

  test('gives its attempts slot by slot', () => {
    const history = new History();
    history.observe(attemptEnded());
    seconds(2);
    history.observe(attemptEnded());
    history.observe(attemptEnded());
    expect(history.endpointFigures('one').activity.slice(-3)).toEqual([0, 1, 2]);
  });

  test('counts its ejections for as long as it watches, and forgets those of endpoints that are no more', () => {
    const history = new History();
    const ejected = { type: 'endpoint-ejected', endpoint: 'one', forMs: 1_000, cause: 'unreachable' } as const;
    history.observe(ejected);
    seconds(600);
    history.observe(ejected);
    expect(history.endpointFigures('one').ejections).toBe(2);
    history.keepOnly(new Set(['two']));
    expect(history.endpointFigures('one').ejections).toBe(0);
  });
});
