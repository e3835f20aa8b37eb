import { jest } from '@jest/globals';
import type { AttemptEnd } from '../../../src/endpoints/state/attempt-end.ts';
import { type AttemptOutcome, BalancingProxyError, type ErrorCode } from '../../../src/errors.ts';
import { snapshotOf } from '../../helpers/snapshot.ts';
import { attempt, eject, endpointNamed, failedAttempt, learn } from '../candidates.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const nothingYet = snapshotOf('one');

describe('Endpoint', () => {
  test('begins with nothing', () => {
    expect(endpointNamed('one').snapshot()).toEqual(nothingYet);
  });

  const oneFailed = { healthRatio: 15 / 16 };
  test.each<[AttemptOutcome, object]>([
    ['won', { successes: 1, wins: 1, latencyCount: 1 }],
    ['lost', { successes: 1, latencyCount: 1 }],
    ['resumed', { successes: 1, latencyCount: 1 }],
    ['unusable', { failures: 1, ...oneFailed }],
    ['failed', { failures: 1, ...oneFailed }],
    ['timed-out', { failures: 1, timeouts: 1, ...oneFailed }],
    ['cancelled', { cancelled: 1 }],
  ])('counts an attempt that %s', (outcome, counted) => {
    const endpoint = endpointNamed('one');
    attempt(endpoint, outcome);
    expect(endpoint.snapshot()).toEqual({ ...nothingYet, ...counted });
  });

  test('counts what is in flight', () => {
    const endpoint = endpointNamed('one');
    endpoint.attemptStarted();
    endpoint.attemptStarted();
    endpoint.attemptStarted();
    endpoint.attemptEnded({ outcome: 'won', elapsedMs: 1 });
    expect(endpoint.snapshot()).toMatchObject({ inFlight: 2, successes: 1 });
  });

  test('counts a response as in flight until it has been sent', () => {
    const endpoint = endpointNamed('one');
    attempt(endpoint, 'won');
    endpoint.responseStarted();
    expect(endpoint.inFlight).toBe(1);
    endpoint.responseEnded();
    expect(endpoint.snapshot()).toMatchObject({ inFlight: 0, successes: 1, wins: 1 });
  });

  test('gives snapshots that stay as they were', () => {
    const endpoint = endpointNamed('one');
    const before = endpoint.snapshot();
    endpoint.attemptStarted();
    attempt(endpoint, 'won');
    expect(before).toEqual(nothingYet);
  });

  test('knows when its last attempt started', () => {
    jest.advanceTimersByTime(5);
    const endpoint = endpointNamed('one');
    const beganAt = performance.now();
    expect(endpoint.lastStartedAtMs).toBe(beganAt);
    jest.advanceTimersByTime(100);
    endpoint.attemptStarted();
    jest.advanceTimersByTime(100);
    endpoint.attemptEnded({ outcome: 'won', elapsedMs: 100 });
    expect(endpoint.lastStartedAtMs).toBe(beganAt + 100);
  });
});

describe('the health of an endpoint', () => {
  test('is the recent share of its good answers, whatever was cancelled', () => {
    const endpoint = endpointNamed('one');
    for (let i = 0; i < 200; i++) {
      attempt(endpoint, i % 4 === 0 ? 'unusable' : 'lost');
      attempt(endpoint, 'cancelled');
    }
    expect(endpoint.snapshot().healthRatio).toBeGreaterThan(0.65);
    expect(endpoint.snapshot().healthRatio).toBeLessThan(0.85);
  });

  test('falls to nearly 0 while all fails, and comes back', () => {
    const endpoint = endpointNamed('one');
    for (let i = 0; i < 50; i++) attempt(endpoint, 'timed-out');
    expect(endpoint.snapshot().healthRatio).toBeLessThan(0.05);
    for (let i = 0; i < 50; i++) attempt(endpoint, 'won');
    expect(endpoint.snapshot().healthRatio).toBeGreaterThan(0.95);
  });
});

describe('the latency of an endpoint', () => {
  test.each<AttemptOutcome>(['won', 'lost', 'resumed'])('is learned from attempts that %s', (outcome) => {
    const endpoint = endpointNamed('one');
    for (let i = 0; i < 20; i++) attempt(endpoint, outcome, 100);
    expect(endpoint.snapshot().latencyMs?.p50).toBeCloseTo(100, -1);
  });

  test.each<AttemptOutcome>(['unusable', 'failed', 'timed-out', 'cancelled'])(
    'is not learned from attempts that %s',
    (outcome) => {
      const endpoint = endpointNamed('one');
      for (let i = 0; i < 100; i++) attempt(endpoint, outcome, 100);
      expect(endpoint.snapshot().latencyMs).toBeUndefined();
    },
  );

  test('rises by losers that were cancelled after the hedge delay, and only by these', () => {
    const endpoint = endpointNamed('one');
    learn(endpoint, 100);
    for (let i = 0; i < 100; i++) attempt(endpoint, 'cancelled', 50);
    expect(endpoint.snapshot().latencyMs?.p50).toBeCloseTo(100, -1);
    for (let i = 0; i < 100; i++) attempt(endpoint, 'cancelled', 200 + i);
    expect(endpoint.snapshot().latencyMs?.p50).toBeGreaterThan(200);
  });

  test('rises by losers that were cancelled after the largest delay that a hedge may have', () => {
    const endpoint = endpointNamed('one', {
      hedgeDelayMs: (latency) => Math.min(latency.percentileMs(95) ?? Infinity, 50),
    });
    learn(endpoint, 100);
    for (let i = 0; i < 1_000; i++) attempt(endpoint, 'cancelled', 60);
    expect(endpoint.snapshot().latencyMs?.p50).toBeCloseTo(60, -1);
  });
});

describe('what a request may expect to wait', () => {
  test('is unknown while the latency is', () => {
    const endpoint = endpointNamed('one');
    attempt(endpoint, 'won');
    expect(endpoint.expectedMs).toBeUndefined();
  });

  test('is the median, for each one in flight once more', () => {
    const endpoint = endpointNamed('one');
    learn(endpoint, 100);
    const alone = endpoint.expectedMs ?? 0;
    expect(alone).toBeCloseTo(100, -1);
    endpoint.attemptStarted();
    endpoint.attemptStarted();
    expect(endpoint.expectedMs).toBeCloseTo(3 * alone);
  });

  test('rises while attempts fail, and stays finite', () => {
    const endpoint = endpointNamed('one');
    learn(endpoint, 100);
    const healthy = endpoint.expectedMs ?? 0;
    attempt(endpoint, 'unusable');
    expect(endpoint.expectedMs).toBeCloseTo((healthy * 16) / 15);
    for (let i = 0; i < 1_000; i++) attempt(endpoint, 'unusable');
    expect(endpoint.expectedMs).toBeCloseTo(100 * healthy);
  });
});

describe('ejection', () => {
  test.each<ErrorCode>(['ERR_BRP_CONNECT', 'ERR_BRP_CONNECT_TIMEOUT'])('comes with the fifth %s in a row', (code) => {
    const endpoint = endpointNamed('one');
    const changes = [1, 2, 3, 4, 5].map(() => failedAttempt(endpoint, code));
    expect(changes).toEqual([undefined, undefined, undefined, undefined, 'ejected']);
  });

  test.each<ErrorCode>([
    'ERR_BRP_NOT_PROCESSED',
    'ERR_BRP_CONNECTION_LOST',
    'ERR_BRP_STALE_CONNECTION',
    'ERR_BRP_RESPONSE_TIMEOUT',
    'ERR_BRP_IDLE_TIMEOUT',
    'ERR_BRP_BAD_RESPONSE',
    'ERR_BRP_NOT_JUDGED',
    'ERR_BRP_ATTEMPT',
  ])('never comes from %s, which shows that the endpoint is there', (code) => {
    const endpoint = endpointNamed('one');
    for (let i = 0; i < 10; i++) failedAttempt(endpoint, i % 5 === 4 ? code : 'ERR_BRP_CONNECT');
    expect(endpoint.ejection.isEjected).toBe(false);
  });

  test.each<AttemptOutcome>(['won', 'lost', 'resumed', 'unusable', 'failed', 'timed-out'])(
    'ends with any answer: %s',
    (outcome) => {
      const endpoint = endpointNamed('one');
      eject(endpoint);
      jest.advanceTimersByTime(1_000);
      endpoint.attemptStarted();
      expect(endpoint.attemptEnded({ outcome, elapsedMs: 1 })).toBe('restored');
    },
  );

  test.each([
    { what: 'a trial that is cancelled', end: (at: ReturnType<typeof endpointNamed>) => attempt(at, 'cancelled') },
    {
      what: "a trial that a function of the user's broke off",
      end: (at: ReturnType<typeof endpointNamed>) => failedAttempt(at, 'ERR_BRP_HOOK'),
    },
  ])('goes on after $what, which is due again', ({ end }) => {
    const endpoint = endpointNamed('one');
    eject(endpoint);
    jest.advanceTimersByTime(1_000);
    expect(end(endpoint)).toBeUndefined();
    expect(endpoint.ejection.isTrialDue).toBe(true);
  });

  test('never comes with ejection: false', () => {
    const endpoint = endpointNamed('one', { ejection: false });
    for (let i = 0; i < 100; i++) failedAttempt(endpoint, 'ERR_BRP_CONNECT');
    expect(endpoint.snapshot()).toMatchObject({ state: 'available', failures: 100 });
  });
});

describe('the state in a snapshot', () => {
  test('is cooling as long as the endpoint wants to be left alone', () => {
    const endpoint = endpointNamed('one');
    endpoint.coolDown(3_000);
    jest.advanceTimersByTime(1_000);
    expect(endpoint.snapshot()).toMatchObject({ state: 'cooling', backInMs: 2_000 });
    jest.advanceTimersByTime(2_000);
    expect(endpoint.snapshot()).toMatchObject({ state: 'available', backInMs: 0 });
  });

  test.each([
    { wishes: [3_000, 0], leftMs: 3_000 },
    { wishes: [3_000, 1_000], leftMs: 3_000 },
    { wishes: [1_000, 3_000], leftMs: 3_000 },
  ])('is cooling for the longest of several wishes: $wishes', ({ wishes, leftMs }) => {
    const endpoint = endpointNamed('one');
    for (const ms of wishes) endpoint.coolDown(ms);
    expect(endpoint.snapshot().backInMs).toBe(leftMs);
  });

  test('is available after a wish for no pause', () => {
    const endpoint = endpointNamed('one');
    endpoint.coolDown(0);
    expect(endpoint.isCooling).toBe(false);
    expect(endpoint.snapshot().state).toBe('available');
  });

  test('goes from ejected over trial to available', () => {
    const endpoint = endpointNamed('one');
    eject(endpoint);
    jest.advanceTimersByTime(400);
    expect(endpoint.snapshot()).toMatchObject({ state: 'ejected', backInMs: 600 });
    jest.advanceTimersByTime(600);
    expect(endpoint.snapshot()).toMatchObject({ state: 'available', backInMs: 0 });
    endpoint.attemptStarted();
    expect(endpoint.snapshot()).toMatchObject({ state: 'trial', backInMs: 0, inFlight: 1 });
    endpoint.attemptEnded({ outcome: 'won', elapsedMs: 1 });
    expect(endpoint.snapshot()).toMatchObject({ state: 'available', wins: 1 });
  });

  test('is ejected rather than cooling when it is both', () => {
    const endpoint = endpointNamed('one');
    endpoint.coolDown(60_000);
    eject(endpoint);
    expect(endpoint.snapshot()).toMatchObject({ state: 'ejected', backInMs: 1_000 });
  });
});

describe('an endpoint that is drained', () => {
  test('says so, however else it is', () => {
    const endpoint = endpointNamed('one');
    eject(endpoint);
    expect(endpoint.drain()).toBe(true);
    expect(endpoint.snapshot()).toMatchObject({ state: 'drained', backInMs: 0 });
  });

  test('is drained only once', () => {
    const endpoint = endpointNamed('one');
    endpoint.drain();
    expect(endpoint.drain()).toBe(false);
  });

  test.each<[string, AttemptEnd]>([
    ['reaches it', { outcome: 'won', elapsedMs: 1 }],
    [
      'does not reach it',
      { outcome: 'failed', elapsedMs: 1, error: new BalancingProxyError('ERR_BRP_CONNECT', 'why') },
    ],
  ])('stays so and is no news when an attempt that was under way %s', (_, end) => {
    const endpoint = endpointNamed('one');
    eject(endpoint);
    jest.advanceTimersByTime(1_000);
    endpoint.attemptStarted();
    expect(endpoint.snapshot().state).toBe('trial');
    endpoint.drain();
    expect(endpoint.attemptEnded(end)).toBeUndefined();
    expect(endpoint.snapshot().state).toBe('drained');
  });
});

describe('restore', () => {
  test.each<[string, (endpoint: ReturnType<typeof endpointNamed>) => unknown]>([
    ['drained', (endpoint) => endpoint.drain()],
    ['ejected', eject],
    [
      'both',
      (endpoint) => {
        eject(endpoint);
        endpoint.drain();
      },
    ],
  ])('takes an endpoint back that is %s', (_, leaveOut) => {
    const endpoint = endpointNamed('one');
    leaveOut(endpoint);
    expect(endpoint.restore()).toBe(true);
    expect(endpoint.snapshot()).toMatchObject({ state: 'available', backInMs: 0 });
    expect(endpoint.restore()).toBe(false);
  });
});
