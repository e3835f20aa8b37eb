import { goalTableOf, tableOf } from '../../bench/peers/results/table.ts';

describe('tableOf', () => {
  test('shows each figure, and the first one as a ratio to the first row', () => {
    const rows = [
      { row: 'one', figures: { cpuUs: 40, p50Ms: 1.234 } },
      { row: 'another', figures: { cpuUs: 60, p50Ms: 2 } },
    ];
    expect(tableOf({ work: '1 endpoint', rows }, ['cpuUs', 'p50Ms']).split('\n')).toEqual([
      '|         | CPU µs/request | ratio | p50 ms |',
      '| ------- | -------------: | ----: | -----: |',
      '| one     |             40 |  1.00 |   1.23 |',
      '| another |             60 |  1.50 |   2.00 |',
    ]);
  });

  test('says below why a row has no figures', () => {
    const rows = [{ row: 'one', figures: {}, problem: 'it answers 502' }];
    expect(tableOf({ work: '1 endpoint', rows }, ['cpuUs']).split('\n').slice(2)).toEqual([
      '| one |              - |     - |',
      '',
      'one: it answers 502',
    ]);
  });
});

describe('goalTableOf', () => {
  test('shows what was wanted, what came, and whether that is enough', () => {
    const goal = { work: '1 endpoint', row: 'ours (got)', figure: 'grownMiB', atMost: 60 } as const;
    const lines = goalTableOf([
      { goal, actual: 61.2, isMet: false },
      { goal, actual: 1.5, isMet: true },
    ]).split('\n');
    expect(lines.slice(2)).toEqual([
      '| 1 endpoint | ours (got): memory growth MiB at most 60 |     61 | not met |',
      '| 1 endpoint | ours (got): memory growth MiB at most 60 |  1.500 |     met |',
    ]);
  });
});
