import { parseAddress } from '../../src/endpoints/address.ts';
import { EndpointPool } from '../../src/endpoints/pool.ts';

const poolOf = (...names: string[]) =>
  new EndpointPool(names.map((name) => parseAddress({ url: new URL(`http://${name}.example`), name })));

describe('EndpointPool', () => {
  test('offers all endpoints in the given order', () => {
    expect([...poolOf('c', 'a', 'b').candidates({ most: Infinity })].map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  test('offers the same endpoints to every request', () => {
    const pool = poolOf('a', 'b');
    expect([...pool.candidates({ most: Infinity })]).toEqual([...pool.candidates({ most: Infinity })]);
    const [first, again] = [[...pool.candidates({ most: Infinity })][0], [...pool.candidates({ most: Infinity })][0]];
    expect(first).toBe(again);
  });

  test('gives a snapshot of each', () => {
    const pool = poolOf('a', 'b');
    for (const endpoint of pool.candidates({ most: Infinity })) endpoint.attemptStarted();
    const [first] = pool.candidates({ most: Infinity });
    first?.attemptEnded('won');
    expect(pool.snapshots()).toMatchObject([
      { name: 'a', inFlight: 0, successes: 1 },
      { name: 'b', inFlight: 1, successes: 0 },
    ]);
  });
});
