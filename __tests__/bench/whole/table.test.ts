import { setups, wholeRows } from '../../../bench/whole/answers/rows.ts';
import { complaintsAbout, wholeTableOf } from '../../../bench/whole/answers/table.ts';

const [row] = wholeRows;
const allWhole = { whole: 400, broken: 0, refused: 0, wrong: 0 };

/** The first row, with what came of the requests of a setup, and all whole over the others. */
function resultWith(name: string, counts: Partial<typeof allWhole>) {
  if (row === undefined) throw new Error('there is no row');
  const tallies = new Map(setups.map((setup) => [setup, setup.name === name ? { ...allWhole, ...counts } : allWhole]));
  return [{ row, tallies }];
}

describe('wholeTableOf', () => {
  test('shows how many came whole, and how many of all are wrong', () => {
    const [, , line] = wholeTableOf(resultWith('1 endpoint', { whole: 299, broken: 90, refused: 9, wrong: 2 })).split(
      '\n',
    );
    const cells = line?.split('|').map((cell) => cell.trim());
    expect(cells?.slice(1, -1)).toEqual(['2 KB, chunked', "`'replay'`", '74.8 %', ...Array(7).fill('100.0 %'), '2']);
  });
});

describe('complaintsAbout', () => {
  test.each([
    { name: 'got', counts: { whole: 398, broken: 2 }, complaints: [] },
    {
      name: 'got',
      counts: { whole: 397, broken: 2, refused: 1 },
      complaints: ['2 KB, chunked, replay, got: 397 whole, 2 broken off, 1 refused, 0 wrong'],
    },
    { name: '1 endpoint', counts: { whole: 300, broken: 100 }, complaints: [] },
    {
      name: '1 endpoint',
      counts: { whole: 399, wrong: 1 },
      complaints: ['2 KB, chunked, replay, 1 endpoint: 399 whole, 0 broken off, 0 refused, 1 wrong'],
    },
  ])('is $complaints for $counts of $name', ({ name, counts, complaints }) => {
    expect(complaintsAbout(resultWith(name, counts))).toEqual(complaints);
  });
});
