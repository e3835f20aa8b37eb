import { parseStatusRule, statusesOf } from '../../src/http/terminal.ts';

describe('parseStatusRule', () => {
  test.each<[string, readonly [number, number]]>([
    ['100', [100, 199]],
    ['200', [200, 299]],
    ['500', [500, 599]],
    ['2xx', [200, 299]],
    ['5XX', [500, 599]],
    ['101', [101, 101]],
    ['404', [404, 404]],
    ['599', [599, 599]],
    ['200-204', [200, 204]],
    ['200-200', [200, 200]],
    ['100-599', [100, 599]],
    ['100-100', [100, 100]],
  ])('reads %s as %j, and the same behind ! as an exclusion', (entry, [first, last]) => {
    expect(parseStatusRule(entry)).toEqual({ first, last, isExclusion: false });
    expect(parseStatusRule(`!${entry}`)).toEqual({ first, last, isExclusion: true });
  });

  test.each([
    '',
    ' ',
    '0',
    '20',
    '99',
    '099',
    '000',
    '600',
    '666',
    '0xx',
    '6xx',
    'xxx',
    '2x',
    '20x',
    '2000',
    '300-200',
    '99-200',
    '500-600',
    '200-',
    '-200',
    '200-2xx',
    '200 - 204',
    '+200',
    '2e2',
    '200.0',
    '٢٠٠',
    '200\n',
    '!',
    '!!200',
    '! 200',
    '200!',
  ])('takes %j for no rule', (entry) => {
    expect(parseStatusRule(entry)).toBeUndefined();
  });
});

describe('statusesOf', () => {
  const samples = [99, 100, 199, 200, 204, 205, 404, 599, 600];
  test.each<[string, number[]]>([
    ['', []],
    ['1xx', [100, 199]],
    ['200-204,404', [200, 204, 404]],
    ['2xx,204-404', [200, 204, 205, 404]],
    ['100-599', [100, 199, 200, 204, 205, 404, 599]],
    ['100-599,!2xx', [100, 199, 404, 599]],
    ['!2xx,100-599', [100, 199, 200, 204, 205, 404, 599]],
    ['100-599,!2xx,204', [100, 199, 204, 404, 599]],
    ['!404', []],
  ])('has the statuses of %j, the later rule winning', (list, expected) => {
    const rules = list.split(',').flatMap((entry) => parseStatusRule(entry) ?? []);
    expect(samples.filter((status) => statusesOf(rules).has(status))).toEqual(expected);
  });
});
