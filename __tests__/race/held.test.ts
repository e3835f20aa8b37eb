import { Held } from '../../src/race/held.ts';
import type { Condition } from '../../src/race/rules.ts';

/** Values that are named after what has become of them. */
function holding(...names: string[]) {
  const held = new Held<string>((name) => name.replace(/\d/, '') as Condition);
  for (const value of names) held.add({ value, abort: new AbortController() });
  return held;
}

describe('of the values that are held', () => {
  test.each<{ names: string[]; best: string | undefined; isSure: boolean }>([
    { names: [], best: undefined, isSure: false },
    { names: ['whole'], best: 'whole', isSure: true },
    { names: ['coming'], best: 'coming', isSure: false },
    { names: ['broken'], best: undefined, isSure: false },
    { names: ['coming1', 'coming2'], best: 'coming1', isSure: false },
    { names: ['whole1', 'whole2'], best: 'whole1', isSure: true },
    { names: ['broken', 'coming'], best: 'coming', isSure: false },
    { names: ['broken', 'whole'], best: 'whole', isSure: true },
    { names: ['coming', 'whole'], best: 'whole', isSure: true },
    { names: ['whole', 'coming'], best: 'whole', isSure: true },
    { names: ['broken1', 'broken2'], best: undefined, isSure: false },
    { names: ['broken', 'coming', 'whole'], best: 'whole', isSure: true },
  ])('$names the best is $best', ({ names, best, isSure }) => {
    const held = holding(...names);
    expect(held.isSure).toBe(isSure);
    expect(held.takeBest()?.value).toBe(best);
    expect(held.takeAll().map(({ value }) => value)).toEqual(names.filter((name) => name !== best));
    expect(held.takeAll()).toEqual([]);
  });

  test('all are whole without another word', () => {
    const held = new Held<string>();
    held.add({ value: 'broken', abort: new AbortController() });
    expect(held.isSure).toBe(true);
  });
});
