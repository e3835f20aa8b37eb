import { PerTls } from '../../../src/transports/connect/per-tls.ts';

/** Values that count up, of which some are in use. */
function counting(inUse: ReadonlySet<number> = new Set()) {
  let count = 0;
  return new PerTls<number>({ create: () => ++count, isUnused: (value) => !inUse.has(value) });
}

describe('PerTls', () => {
  test('gives the same value for the same object, and another one for another object', () => {
    const values = counting();
    const [one, two] = [{ servername: 'a' }, { servername: 'a' }];
    expect([one, two, undefined, one, two, undefined].map((tls) => values.for(tls))).toEqual([1, 2, 3, 1, 2, 3]);
    expect(values.all()).toEqual([1, 2, 3]);
  });

  test('forgets the oldest ones of more than 256 that are not in use', () => {
    const values = counting(new Set([1, 3]));
    for (let i = 0; i < 258; i++) values.for({});
    expect(values.all()).toHaveLength(256);
    expect(values.all().slice(0, 3)).toEqual([1, 3, 5]);
  });

  test('forgets none that is in use', () => {
    const values = new PerTls({ create: () => ({}), isUnused: () => false });
    for (let i = 0; i < 300; i++) values.for({});
    expect(values.all()).toHaveLength(300);
  });

  test('forgets all when it is told to', () => {
    const values = counting();
    values.for(undefined);
    values.clear();
    expect(values.for(undefined)).toBe(2);
  });
});
