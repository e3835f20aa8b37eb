import { describeGoal, type Goal, goals, judge } from '../../bench/peers/results/goals.ts';
import { works } from '../../bench/peers/works/works.ts';

const ratio: Goal = {
  work: 'race of 4',
  row: 'ours (got)',
  figure: 'cpuUs',
  comparedTo: 'hand-written got fan-out',
  atMost: 0.8,
};
const absolute: Goal = { work: 'race of 4', row: 'ours (got)', figure: 'megabytesPerSecond', atLeast: 100 };

function resultsWith(ours: number, floor?: number) {
  const rows = [{ row: 'ours (got)', figures: { cpuUs: ours, megabytesPerSecond: ours } }];
  const others = floor === undefined ? [] : [{ row: 'hand-written got fan-out', figures: { cpuUs: floor } }];
  return [{ work: 'race of 4', rows: [...rows, ...others] }];
}

describe('judge', () => {
  test.each([
    { ours: 200, isMet: true },
    { ours: 320, isMet: true },
    { ours: 321, isMet: false },
  ])('compares $ours with 0.8 times 400', ({ ours, isMet }) => {
    expect(judge(resultsWith(ours, 400), [ratio])).toEqual([{ goal: ratio, actual: ours / 400, isMet }]);
  });

  test.each([
    { ours: 100, isMet: true },
    { ours: 99, isMet: false },
  ])('takes $ours itself where there is nothing to compare it with', ({ ours, isMet }) => {
    expect(judge(resultsWith(ours), [absolute])).toEqual([{ goal: absolute, actual: ours, isMet }]);
  });

  test.each([
    { what: 'the row', results: [] },
    { what: 'what it is compared to', results: resultsWith(200) },
  ])('says nothing when $what was not measured', ({ results }) => {
    expect(judge(results, [ratio])).toEqual([]);
  });
});

describe('goals', () => {
  test.each(goals)('$work: $row is measured beside what it is compared to ($figure)', ({ work, row, comparedTo }) => {
    const rows: readonly string[] = works.find(({ name }) => name === work)?.rows ?? [];
    expect(rows).toEqual(expect.arrayContaining(comparedTo === undefined ? [row] : [row, comparedTo]));
  });
});

describe('describeGoal', () => {
  test('says what is compared, how, and to what', () => {
    expect(describeGoal(ratio)).toBe('ours (got): CPU µs/request at most 0.8 × hand-written got fan-out');
    expect(describeGoal(absolute)).toBe('ours (got): MB/s at least 100');
  });
});
