import { jest } from '@jest/globals';
import type { Endpoint } from '../../src/endpoints/state/endpoint.ts';
import { addressOf, attempt, configuredAt, eject, learn } from './candidates.ts';
import { coolDown, oneByOne, poolWith, race, start, startPool } from './started-pool.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the candidates of a request', () => {
  test.each([
    ['one by one', oneByOne],
    ['in a race', race],
  ])('are all endpoints in the given order, %s', (_, choice) => {
    expect(startPool('cab').chosen(choice)).toBe('cab');
  });

  test('are the fastest first where that is asked for', () => {
    const { each, chosen } = startPool('abc');
    each('a', (endpoint) => learn(endpoint, 300));
    each('b', (endpoint) => learn(endpoint, 200));
    each('c', (endpoint) => learn(endpoint, 100));
    expect(chosen({ ...oneByOne, order: 'fastest' })).toBe('cba');
  });

  test('are explored in every 32nd request', () => {
    const { each, chosen } = startPool('abc');
    each('abc', (endpoint) => learn(endpoint, 100));
    jest.advanceTimersByTime(1);
    each('ab', (endpoint) => attempt(endpoint, 'won', 100));
    const orders = Array.from({ length: 64 }, () => chosen({ ...oneByOne, order: 'fastest' }));
    expect(orders.flatMap((names, index) => (names === 'cab' ? [index + 1] : []))).toEqual([32, 64]);
    expect(orders.filter((names) => names === 'abc')).toHaveLength(62);
  });

  test.each<[string, (endpoint: Endpoint) => void]>([
    ['is left out', eject],
    ['is cooling down', coolDown],
    ['has as many attempts as it may', start],
  ])('are explored although the one that was asked longest ago %s', (_, act) => {
    const { each, chosen } = startPool('abcd', { maxInFlight: 1 });
    each('abcd', (endpoint) => learn(endpoint, 100));
    each('d', act);
    for (const name of 'cba') {
      jest.advanceTimersByTime(1);
      each(name, (endpoint) => attempt(endpoint, 'won', 100));
    }
    const orders = Array.from({ length: 64 }, () => chosen({ ...oneByOne, order: 'fastest' }));
    expect(orders.flatMap((names, index) => (names.startsWith('c') ? [index + 1] : []))).toEqual([32, 64]);
  });

  test('are explored whatever is asked in another order meanwhile', () => {
    const { each, chosen } = startPool('ab');
    each('ab', (endpoint) => learn(endpoint, 100));
    jest.advanceTimersByTime(1);
    each('a', (endpoint) => attempt(endpoint, 'won', 100));
    const orders = Array.from({ length: 64 }, () => {
      const names = chosen({ ...oneByOne, order: 'fastest' });
      chosen(race);
      return names;
    });
    expect(orders.flatMap((names, index) => (names === 'ba' ? [index + 1] : []))).toEqual([32, 64]);
  });

  test('are in any order where that is asked for', () => {
    const { chosen } = startPool('abc');
    const orders = new Set(Array.from({ length: 200 }, () => chosen({ ...oneByOne, order: 'random' })));
    expect(orders.size).toBe(6);
  });

  test.each([
    { max: 1, names: 'a' },
    { max: 2, names: 'ab' },
    { max: 3, names: 'abc' },
    { max: 4, names: 'abc' },
  ])('are at most $max', ({ max, names }) => {
    expect(startPool('abc').chosen({ ...oneByOne, max })).toBe(names);
  });

  test('are none of none', () => {
    expect(startPool('').chosen(oneByOne)).toBe('');
  });

  test('have the address that holds for their request', () => {
    const pool = poolWith();
    const address = { ...addressOf('a'), headers: ['X-Key', '2'] };
    const [first] = pool.candidatesAt([configuredAt('a')]);
    const [second] = pool.candidatesAt([configuredAt(address)]);
    expect(second?.address).toBe(address);
    expect(second?.endpoint).toBe(first?.endpoint);
  });

  test('have the tier and the settings that hold for their request', () => {
    const settings = { terminalStatuses: () => true };
    const [candidate] = poolWith().candidatesAt([{ ...configuredAt('a'), tier: 2, settings }]);
    expect(candidate).toMatchObject({ tier: 2, settings });
  });
});

describe('an endpoint that is cooling down', () => {
  test.each([
    ['one by one', oneByOne],
    ['in a race', race],
  ])('comes last, %s', (_, choice) => {
    const { each, chosen } = startPool('abc');
    each('ab', coolDown);
    expect(chosen(choice)).toBe('cab');
  });

  test('has its place again when it has cooled down', () => {
    const { each, chosen } = startPool('ab');
    each('a', coolDown);
    jest.advanceTimersByTime(60_000);
    expect(chosen(oneByOne)).toBe('ab');
  });
});

describe('an endpoint that is left out', () => {
  test('comes last of all, behind those that are cooling down', () => {
    const { each, chosen } = startPool('abc');
    each('a', eject);
    each('b', coolDown);
    expect(chosen(oneByOne)).toBe('cba');
  });

  test('is left out of a race', () => {
    const { each, chosen } = startPool('abc');
    each('b', eject);
    expect(chosen(race)).toBe('ac');
  });

  test('is left out of a race even if all others are cooling down', () => {
    const { each, chosen } = startPool('abc');
    each('b', eject);
    each('ac', coolDown);
    expect(chosen(race)).toBe('ac');
  });

  test.each([
    ['one by one', oneByOne],
    ['in a race', race],
  ])('is not when all are, %s', (_, choice) => {
    const { each, chosen } = startPool('abc');
    each('abc', eject);
    expect(chosen(choice)).toBe('abc');
  });

  test('does not use up one of the attempts that a request may have', () => {
    const { each, chosen } = startPool('abc');
    each('a', eject);
    expect(chosen({ ...oneByOne, max: 2 })).toBe('bc');
  });
});

describe('an endpoint whose trial is due', () => {
  function startTrialOf(names: string) {
    const started = startPool('abc');
    started.each(names, eject);
    jest.advanceTimersByTime(1_000);
    return started;
  }

  test.each([
    ['one by one', oneByOne],
    ['in a race', race],
  ])('has its ordinary place, %s', (_, choice) => {
    expect(startTrialOf('a').chosen(choice)).toBe('abc');
  });

  test.each([
    ['one by one', { ...oneByOne, max: 1 }],
    ['in a race', { ...race, max: 1 }],
  ])("is nobody's only chance, %s", (_, choice) => {
    expect(startTrialOf('a').chosen(choice)).toBe('b');
    expect(startTrialOf('abc').chosen(choice)).toBe('a');
  });

  test("is nobody's only chance in a race from which all others are left out", () => {
    const { each, chosen } = startTrialOf('b');
    each('ac', eject);
    expect(chosen(race)).toBe('bac');
  });

  test.each([
    { choice: oneByOne, names: 'bca' },
    { choice: race, names: 'bc' },
  ])('is left out while one request tries it: $names', ({ choice, names }) => {
    const { each, chosen } = startTrialOf('a');
    each('a', start);
    expect(chosen(choice)).toBe(names);
  });

  test('is back for all when the trial went well', () => {
    const { each, chosen } = startTrialOf('a');
    each('a', (endpoint) => attempt(endpoint, 'won'));
    expect(chosen({ ...oneByOne, max: 1 })).toBe('a');
  });
});
