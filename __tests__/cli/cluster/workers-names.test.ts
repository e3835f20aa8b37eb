import type { WorkerHandle } from '../../../src/cli/cluster/worker-handle.ts';
import { WorkersNames } from '../../../src/cli/cluster/workers-names.ts';
import type { DnsSnapshot } from '../../../src/index.ts';

const named = (endpoints: readonly string[] | undefined, dns = 'http://a'): DnsSnapshot => ({
  dns,
  index: 0,
  record: 'A',
  refreshMs: 1,
  answers: endpoints?.map((address) => ({ hostname: 'a', address })),
  endpoints: endpoints ?? [],
  problem: undefined,
});

const worker = (number: number) => ({ number }) as object as WorkerHandle;
/** Knows of workers that ask DNS for these names. */
function start(...configured: readonly string[]) {
  let current = configured.length > 0 ? configured : ['http://a'];
  const names = new WorkersNames({ log: () => {}, configured: () => current.map((dns) => named(undefined, dns)) });
  const configure = (...dns: readonly string[]): void => {
    current = dns;
    names.forgetOthers();
  };
  return { names, configure };
}

describe('what workers know of DNS', () => {
  test('is the latest answer of any of them, also of one that is no more', () => {
    const { names } = start();
    names.report([named(['x'])], worker(1));
    names.report([named(['y'])], worker(2));
    names.report([named(undefined)], worker(3));
    names.bury(worker(2));
    expect(names.latest).toMatchObject([{ dns: 'http://a', endpoints: ['y'] }]);
    expect(names.endpoints).toEqual(['y']);
    expect(['x', 'y', 'z'].map((endpoint) => names.hasSeen(endpoint))).toEqual([true, true, false]);
  });

  test('is forgotten with the names that are no longer configured', () => {
    const { names, configure } = start('http://a', 'http://b');
    names.report([named(['x']), named(['y'], 'http://b')], worker(1));
    configure('http://b');
    expect(names.latest.map(({ dns }) => dns)).toEqual(['http://b']);
    expect([names.hasSeen('x'), names.hasSeen('y')]).toEqual([false, true]);
  });

  test('is not learned again of a worker that has not heard of a reload yet', () => {
    const { names, configure } = start('http://a', 'http://b');
    configure('http://b');
    names.report([named(['x']), named(['y'], 'http://b')], worker(1));
    expect(names.latest.map(({ dns }) => dns)).toEqual(['http://b']);
    expect([names.hasSeen('x'), names.hasSeen('y')]).toEqual([false, true]);
  });

  test('has no more than 256 endpoints that are gone', () => {
    const { names } = start();
    for (let count = 0; count < 300; count++) names.report([named([`${count}`, 'x'])], worker(1));
    const seen = Array.from({ length: 300 }, (_, count) => `${count}`).filter((endpoint) => names.hasSeen(endpoint));
    expect(seen).toHaveLength(257);
    expect(seen.at(-1)).toBe('299');
    expect(names.hasSeen('x')).toBe(true);
  });
});
