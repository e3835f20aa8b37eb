import { jest } from '@jest/globals';
import type { CountedAttempt } from '../../src/endpoints/state/ejection.ts';
import type { Endpoint } from '../../src/endpoints/state/endpoint.ts';
import { attempt, eject, endpointNamed, failedAttempt, settings } from './candidates.ts';
import { coolDown, oneByOne, race, startPool } from './started-pool.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const ejection = { ...settings.ejection, failureRatio: 0.5, minRequests: 2 } as typeof settings.ejection;

/** One attempt that counts, from its start to its end. */
function countedAttempt(endpoint: Endpoint, outcome: 'won' | 'unusable'): void {
  const counted: CountedAttempt = { startedAtMs: performance.now(), hasOthers: () => true };
  endpoint.attemptStarted(true);
  endpoint.attemptEnded({ outcome, elapsedMs: 10, counted });
}

function failTooOften(endpoint: Endpoint): void {
  while (!endpoint.ejection.isEjected) countedAttempt(endpoint, 'unusable');
}

/** Three endpoints, of which some fail too often. */
function startFailing(names: string) {
  const started = startPool('abc', { ejection });
  started.each(names, failTooOften);
  return started;
}

describe('an endpoint that fails too often', () => {
  test('comes last, behind those that are cooling down', () => {
    const { each, chosen } = startFailing('a');
    each('b', coolDown);
    expect(chosen(oneByOne)).toBe('cba');
  });

  test('has its ordinary place in a race', () => {
    expect(startFailing('b').chosen(race)).toBe('abc');
  });

  test('is cooling down in a race like any other', () => {
    const { each, chosen } = startFailing('a');
    each('a', coolDown);
    expect(chosen(race)).toBe('bca');
  });

  test('is left out of a race when it cannot be reached, either', () => {
    const { each, chosen } = startFailing('b');
    each('b', (endpoint) => {
      for (let i = 0; i < 5; i++) failedAttempt(endpoint, 'ERR_BRP_CONNECT');
    });
    expect(chosen(race)).toBe('ac');
    expect(chosen(oneByOne)).toBe('acb');
  });

  test('is the one that a race still asks when no other can be reached', () => {
    const { each, chosen } = startFailing('b');
    each('ac', eject);
    expect(chosen(race)).toBe('b');
  });

  test.each([oneByOne, race])('is not left out when all are: %j', (choice) => {
    expect(startFailing('abc').chosen(choice)).toBe('abc');
  });
});

describe('the trial of an endpoint that failed too often', () => {
  function startTrialOf(names: string) {
    const started = startFailing(names);
    jest.advanceTimersByTime(1_000);
    return started;
  }

  test('has its ordinary place', () => {
    expect(startTrialOf('a').chosen(oneByOne)).toBe('abc');
  });

  test("is nobody's only chance, but in a race", () => {
    expect(startTrialOf('a').chosen({ ...oneByOne, max: 1 })).toBe('b');
    expect(startTrialOf('a').chosen({ ...race, max: 1 })).toBe('a');
  });

  test('is made by one request, and by no race', () => {
    const { each, chosen } = startTrialOf('a');
    each('a', (endpoint) => attempt(endpoint, 'won'));
    expect(chosen(oneByOne)).toBe('abc');
    each('a', (endpoint) => endpoint.attemptStarted(true));
    expect(chosen(oneByOne)).toBe('bca');
    expect(chosen(race)).toBe('abc');
  });

  test('brings the endpoint back when it goes well', () => {
    const { each, chosen } = startTrialOf('a');
    each('a', (endpoint) => countedAttempt(endpoint, 'won'));
    expect(chosen({ ...oneByOne, max: 1 })).toBe('a');
  });
});

describe('the state of an endpoint that fails too often', () => {
  test('goes from ejected over trial to available, with its cause', () => {
    const { pool, each } = startFailing('a');
    const state = () => pool.snapshots()[0];
    expect(state()).toMatchObject({ state: 'ejected', backInMs: 1_000, ejectionCause: 'failures' });
    jest.advanceTimersByTime(1_000);
    expect(state()).toMatchObject({ state: 'available', backInMs: 0, ejectionCause: undefined });
    each('a', (endpoint) => endpoint.attemptStarted(true));
    expect(state()).toMatchObject({ state: 'trial', backInMs: 0, ejectionCause: 'failures' });
    each('a', (endpoint) => countedAttempt(endpoint, 'won'));
    expect(state()).toMatchObject({ state: 'available', ejectionCause: undefined });
  });

  test('has the cause unreachable when the endpoint cannot be reached', () => {
    const { pool, each } = startPool('a');
    each('a', eject);
    expect(pool.snapshots()).toMatchObject([{ state: 'ejected', ejectionCause: 'unreachable' }]);
  });
});

describe('an endpoint on which requests can count', () => {
  test.each<[string, (endpoint: Endpoint) => unknown]>([
    ['drained', (endpoint) => endpoint.drain()],
    ['cooling down', coolDown],
    ['left out for failures', failTooOften],
    ['left out because it cannot be reached', eject],
    [
      'due for a trial',
      (endpoint) => {
        failTooOften(endpoint);
        jest.advanceTimersByTime(1_000);
      },
    ],
  ])('is none that is %s', (_, act) => {
    const endpoint = endpointNamed('a', { ejection });
    expect(endpoint.isAvailable).toBe(true);
    act(endpoint);
    expect(endpoint.isAvailable).toBe(false);
  });
});
