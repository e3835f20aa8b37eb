import { parseStatusRange, terminalIn } from '../../src/http/terminal.ts';

describe('parseStatusRange', () => {
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
  ])('reads %s as %j', (entry, range) => {
    expect(parseStatusRange(entry)).toEqual(range);
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
  ])('takes %j for no range', (entry) => {
    expect(parseStatusRange(entry)).toBeUndefined();
  });
});

describe('terminalIn', () => {
  const statuses = [99, 100, 199, 200, 204, 205, 404, 599, 600];
  test.each<[ReadonlyArray<readonly [number, number]>, number[]]>([
    [[], []],
    [[[100, 199]], [100, 199]],
    [
      [
        [200, 204],
        [404, 404],
      ],
      [200, 204, 404],
    ],
    [
      [
        [200, 299],
        [204, 404],
      ],
      [200, 204, 205, 404],
    ],
    [[[100, 599]], [100, 199, 200, 204, 205, 404, 599]],
  ])('knows the statuses within %j', (ranges, terminal) => {
    expect(statuses.filter(terminalIn(ranges))).toEqual(terminal);
  });
});
