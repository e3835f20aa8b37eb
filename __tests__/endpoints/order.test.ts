import { jest } from '@jest/globals';
import { inOrder, type Order } from '../../src/endpoints/order.ts';
import type { Endpoint } from '../../src/endpoints/state/endpoint.ts';
import { attempt, endpointNamed, learn } from './candidates.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

interface Known {
  readonly name: string;
  /** What all its responses took; undefined: it has answered too few. */
  readonly ms?: number | undefined;
  readonly failures?: number;
  readonly inFlight?: number;
}

function endpointWith({ name, ms, failures = 0, inFlight = 0 }: Known): Endpoint {
  const endpoint = endpointNamed(name);
  if (ms !== undefined) learn(endpoint, ms);
  for (let i = 0; i < failures; i++) attempt(endpoint, 'unusable');
  for (let i = 0; i < inFlight; i++) endpoint.attemptStarted();
  return endpoint;
}

const candidatesOf = (...known: Known[]) => known.map((one) => ({ endpoint: endpointWith(one) }));

const namesInOrder = (candidates: ReadonlyArray<{ endpoint: Endpoint }>, order: Order, turn = 1) =>
  inOrder(candidates, order, turn)
    .map(({ endpoint }) => endpoint.name)
    .join('');

describe("the order 'given'", () => {
  test('is the given one, whatever is known and in every turn', () => {
    const candidates = candidatesOf({ name: 'c', ms: 300 }, { name: 'a', ms: 100 }, { name: 'b' });
    expect([1, 32, 64].map((turn) => namesInOrder(candidates, 'given', turn))).toEqual(['cab', 'cab', 'cab']);
  });
});

describe("the order 'fastest'", () => {
  test.each<{ what: string; known: Known[]; names: string }>([
    {
      what: 'puts the shorter latency first',
      known: [
        { name: 'c', ms: 300 },
        { name: 'a', ms: 100 },
        { name: 'b', ms: 200 },
      ],
      names: 'abc',
    },
    {
      what: 'puts a busy endpoint behind a slower idle one',
      known: [
        { name: 'a', ms: 100, inFlight: 2 },
        { name: 'b', ms: 200 },
      ],
      names: 'ba',
    },
    {
      what: 'puts an endpoint that fails behind a slower sound one',
      known: [
        { name: 'a', ms: 100, failures: 20 },
        { name: 'b', ms: 200 },
      ],
      names: 'ba',
    },
    {
      what: 'keeps the given order of those that are alike',
      known: [
        { name: 'b', ms: 100 },
        { name: 'a', ms: 100 },
      ],
      names: 'ba',
    },
    { what: 'keeps the given order while nothing is known', known: [{ name: 'b' }, { name: 'a' }], names: 'ba' },
    {
      what: 'leaves an endpoint without data in its place: the first',
      known: [{ name: 'x' }, { name: 'b', ms: 200 }, { name: 'a', ms: 100 }],
      names: 'xab',
    },
    {
      what: 'leaves an endpoint without data in its place: the middle',
      known: [{ name: 'b', ms: 200 }, { name: 'x' }, { name: 'a', ms: 100 }],
      names: 'axb',
    },
    {
      what: 'leaves endpoints without data in their places: the ends',
      known: [{ name: 'x' }, { name: 'b', ms: 200 }, { name: 'a', ms: 100 }, { name: 'y' }],
      names: 'xaby',
    },
  ])('$what', ({ known, names }) => {
    expect(namesInOrder(candidatesOf(...known), 'fastest')).toBe(names);
  });

  test('changes nothing of the list that it is given', () => {
    const candidates = Object.freeze(candidatesOf({ name: 'b', ms: 200 }, { name: 'a', ms: 100 }));
    expect(namesInOrder(candidates, 'fastest')).toBe('ab');
    expect(candidates.map(({ endpoint }) => endpoint.name)).toEqual(['b', 'a']);
  });

  test('may be that of one or none', () => {
    expect(namesInOrder(candidatesOf({ name: 'a' }), 'fastest', 32)).toBe('a');
    expect(namesInOrder([], 'fastest', 32)).toBe('');
  });

  test('asks the endpoint first that was asked longest ago, every 32nd time', () => {
    const candidates = candidatesOf({ name: 'c', ms: 300 }, { name: 'b', ms: 200 }, { name: 'a', ms: 100 });
    const [, b] = candidates;
    jest.advanceTimersByTime(100);
    for (const { endpoint } of candidates) if (endpoint !== b?.endpoint) endpoint.attemptStarted();
    const orders = Array.from({ length: 64 }, (_, index) => namesInOrder(candidates, 'fastest', index + 1));
    const explorations = orders.flatMap((names, index) => (names.startsWith('b') ? [index + 1] : []));
    expect(explorations).toEqual([32, 64]);
  });

  test('is that of the fastest behind the one that is explored', () => {
    const candidates = candidatesOf(
      { name: 'd' },
      { name: 'c', ms: 300 },
      { name: 'b', ms: 200 },
      { name: 'a', ms: 100 },
    );
    jest.advanceTimersByTime(100);
    for (const { endpoint } of candidates.slice(0, 1)) endpoint.attemptStarted();
    jest.advanceTimersByTime(100);
    for (const { endpoint } of candidates.slice(2)) endpoint.attemptStarted();
    expect(namesInOrder(candidates, 'fastest', 32)).toBe('cdab');
  });

  test('finds an endpoint that was slow once and is fast again', () => {
    const candidates = candidatesOf({ name: 'a', ms: 100 }, { name: 'b', ms: 500 });
    for (let turn = 1; turn <= 3_200; turn++) {
      jest.advanceTimersByTime(25);
      const [first] = inOrder(candidates, 'fastest', turn);
      if (first) attempt(first.endpoint, 'won', first.endpoint.name === 'a' ? 100 : 10);
    }
    expect(namesInOrder(candidates, 'fastest')).toBe('ba');
  });
});

describe.each([10, 1, 0.1])('with %d requests a second', (perSecond) => {
  test("the order 'fastest' comes to know every endpoint, and the one that has become fast", () => {
    const candidates = candidatesOf({ name: 'a' }, { name: 'b' }, { name: 'c' });
    const took = { a: 100, b: 200, c: 50 };
    const serve = (turns: number): void => {
      for (let turn = 1; turn <= turns; turn++) {
        jest.advanceTimersByTime(1_000 / perSecond);
        const [first] = inOrder(candidates, 'fastest', turn);
        if (first) attempt(first.endpoint, 'won', took[first.endpoint.name as keyof typeof took]);
      }
    };
    serve(2_000);
    expect(namesInOrder(candidates, 'fastest')).toBe('cab');
    took.b = 10;
    serve(4_000);
    expect(namesInOrder(candidates, 'fastest')).toBe('bca');
  });
});

describe("the order 'random'", () => {
  test('is each of the possible ones about equally often', () => {
    const candidates = candidatesOf({ name: 'a', ms: 300 }, { name: 'b' }, { name: 'c' });
    const counts = new Map<string, number>();
    for (let turn = 0; turn < 6_000; turn++) {
      const names = namesInOrder(candidates, 'random', turn);
      counts.set(names, (counts.get(names) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
    // 1000 each, with a standard deviation of 29.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });

  test.each([
    { drawn: 0, names: 'bca' },
    { drawn: 0.999999, names: 'abc' },
  ])('comes from Math.random: $drawn', ({ drawn, names }) => {
    jest.spyOn(Math, 'random').mockReturnValue(drawn);
    const candidates = Object.freeze(candidatesOf({ name: 'a' }, { name: 'b' }, { name: 'c' }));
    expect(namesInOrder(candidates, 'random')).toBe(names);
  });
});
