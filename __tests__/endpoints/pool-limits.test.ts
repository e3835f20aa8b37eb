import { jest } from '@jest/globals';
import type { EndpointPool } from '../../src/endpoints/pool.ts';
import { addressOf, attempt, configuredAt, eject, learn } from './candidates.ts';
import { coolDown, oneByOne, poolWith, race, start, startPool } from './started-pool.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('an endpoint that is drained', () => {
  test.each([
    ['one by one', oneByOne],
    ['in a race', race],
  ])('is not tried at all, %s', (_, choice) => {
    const { each, chosen } = startPool('abc');
    each('b', (endpoint) => endpoint.drain());
    expect(chosen(choice)).toBe('ac');
  });

  test('is not tried when all others are left out either', () => {
    const { each, chosen } = startPool('ab');
    each('a', (endpoint) => endpoint.drain());
    each('b', eject);
    expect(chosen(oneByOne)).toBe('b');
  });

  test('leaves nobody to try when all are', () => {
    const { each, chosen } = startPool('ab');
    each('ab', (endpoint) => endpoint.drain());
    expect(chosen(race)).toBe('');
  });

  test('has its place again when it is restored', () => {
    const { each, chosen } = startPool('abc');
    each('b', (endpoint) => endpoint.drain());
    each('b', (endpoint) => endpoint.restore());
    expect(chosen(oneByOne)).toBe('abc');
  });

  test('is passed over by a request that came before', () => {
    const { pool, candidates, each } = startPool('abc');
    const chosen = pool.choose(candidates, oneByOne).all()[Symbol.iterator]();
    expect(chosen.next().value?.endpoint.name).toBe('a');
    each('b', (endpoint) => endpoint.drain());
    expect(chosen.next().value?.endpoint.name).toBe('c');
  });

  test('takes no other its turn to be explored', () => {
    const { each, chosen } = startPool('abc');
    for (const name of 'cba') {
      each(name, (endpoint) => learn(endpoint, 100));
      jest.advanceTimersByTime(1);
    }
    each('c', (endpoint) => endpoint.drain());
    const orders = Array.from({ length: 32 }, () => chosen({ ...oneByOne, order: 'fastest' }));
    expect(orders.at(-1)).toBe('ba');
  });

  test('is remembered however long it is not used', () => {
    const pool = poolWith();
    const [drained] = pool.candidatesAt([configuredAt('a'), configuredAt('b')]);
    drained?.endpoint.drain();
    jest.advanceTimersByTime(601_000);
    pool.candidatesAt([configuredAt('c')]);
    expect(pool.snapshots().map(({ name }) => name)).toEqual(['a', 'c']);
  });
});

describe('maxInFlight', () => {
  test('passes over an endpoint that is full', () => {
    const { each, chosen } = startPool('abc', { maxInFlight: 2 });
    each('aabcc', start);
    expect(chosen(oneByOne)).toBe('b');
    expect(chosen(race)).toBe('b');
  });

  test('leaves nobody when all are full', () => {
    const { each, chosen } = startPool('ab', { maxInFlight: 1 });
    each('ab', start);
    expect(chosen(oneByOne)).toBe('');
  });

  test('lets an endpoint in again when an attempt has ended', () => {
    const { each, chosen } = startPool('a', { maxInFlight: 1 });
    each('a', start);
    each('a', (endpoint) => endpoint.attemptEnded({ outcome: 'cancelled', elapsedMs: 1 }));
    expect(chosen(oneByOne)).toBe('a');
  });

  test('is looked at when an attempt is about to start', () => {
    const { pool, candidates, each } = startPool('abc', { maxInFlight: 1 });
    const choice = pool.choose(candidates, oneByOne).all()[Symbol.iterator]();
    expect(choice.next().value).toBe(candidates[0]);
    each('b', start);
    expect(choice.next().value).toBe(candidates[2]);
  });

  test('does not use up one of the attempts that a request may have', () => {
    const { each, chosen } = startPool('abc', { maxInFlight: 1 });
    each('a', start);
    expect(chosen({ ...oneByOne, max: 2 })).toBe('bc');
  });
});

describe('the state of an endpoint', () => {
  /** A pool in which each address has had an attempt that won, in this order. */
  function usedPool(names: readonly string[]): EndpointPool {
    const pool = poolWith();
    for (const name of names)
      for (const { endpoint } of pool.candidatesAt([configuredAt(name)])) attempt(endpoint, 'won');
    return pool;
  }

  const numbered = (count: number, prefix = 'n') => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const knownTo = (pool: EndpointPool) => pool.snapshots().map(({ name }) => name);
  const endpointAt = (pool: EndpointPool, name: string) => pool.candidatesAt([configuredAt(name)])[0]?.endpoint;

  test('is found again by URL and name', () => {
    const pool = poolWith();
    const [first] = pool.candidatesAt([configuredAt('a'), configuredAt('b')]);
    const [, again] = pool.candidatesAt([configuredAt('b'), configuredAt('a')]);
    expect(again?.endpoint).toBe(first?.endpoint);
  });

  test.each([
    ['name', { name: 'other' }],
    ['scheme', { secure: true }],
    ['host', { host: 'other.example' }],
    ['port', { port: 8080 }],
    ['socket', { socketPath: '/sock' }],
    ['base path', { basePath: '/base' }],
    ['base query', { baseQuery: 'key=1' }],
  ])('is another one for another %s', (_, change) => {
    const pool = poolWith();
    const [first, second] = pool.candidatesAt([configuredAt('a'), configuredAt({ ...addressOf('a'), ...change })]);
    expect(second?.endpoint).not.toBe(first?.endpoint);
  });

  test('is kept for 256 endpoints, of which those go first that were used longest ago', () => {
    const pool = usedPool(numbered(256));
    expect(knownTo(pool)).toHaveLength(256);
    endpointAt(pool, 'n0');
    endpointAt(pool, 'new');
    expect(knownTo(pool)).toEqual([...numbered(256).slice(2), 'n0', 'new']);
  });

  test('is kept for all of one request, however many they are', () => {
    const pool = usedPool(['old']);
    const names = numbered(300);
    pool.candidatesAt(names.map(configuredAt));
    expect(knownTo(pool)).toEqual(names);
  });

  test('is dropped when it was not used for 10 minutes and new state comes', () => {
    const pool = usedPool(['a', 'b']);
    jest.advanceTimersByTime(600_000);
    expect(knownTo(pool)).toEqual(['a', 'b']);
    endpointAt(pool, 'c');
    expect(knownTo(pool)).toEqual(['c']);
  });

  test('is kept for less than 10 minutes without use', () => {
    const pool = usedPool(['a', 'b']);
    jest.advanceTimersByTime(599_999);
    endpointAt(pool, 'c');
    expect(knownTo(pool)).toEqual(['a', 'b', 'c']);
  });

  test('is kept for the candidates of this very request, even if no attempt was at them for long', () => {
    const pool = usedPool(['a']);
    const a = endpointAt(pool, 'a');
    jest.advanceTimersByTime(600_000);
    const [again] = pool.candidatesAt([configuredAt('a'), configuredAt('new')]);
    expect(again?.endpoint).toBe(a);
    expect(knownTo(pool)).toEqual(['a', 'new']);
  });

  test('is never dropped while an attempt is in flight', () => {
    const pool = usedPool(['a', 'b', ...numbered(254)]);
    endpointAt(pool, 'a')?.attemptStarted();
    const a = endpointAt(pool, 'a');
    jest.advanceTimersByTime(3_600_000);
    pool.candidatesAt(numbered(256, 'm').map(configuredAt));
    expect(knownTo(pool)).toEqual(['a', ...numbered(256, 'm')]);
    expect(endpointAt(pool, 'a')).toBe(a);
  });

  test('is shown in a snapshot of each endpoint', () => {
    const { pool, each } = startPool('abcd');
    each('a', (endpoint) => learn(endpoint, 100));
    each('a', (endpoint) => attempt(endpoint, 'won', 100));
    each('b', eject);
    each('c', coolDown);
    each('d', start);
    each('d', (endpoint) => attempt(endpoint, 'timed-out'));
    expect(pool.snapshots()).toMatchObject([
      { name: 'a', state: 'available', successes: 21, wins: 1, healthRatio: 1, latencyMs: { p50: expect.any(Number) } },
      { name: 'b', state: 'ejected', backInMs: 1_000, failures: 5 },
      { name: 'c', state: 'cooling', backInMs: 60_000 },
      { name: 'd', state: 'available', inFlight: 1, failures: 1, timeouts: 1, healthRatio: 15 / 16 },
    ]);
  });
});
