import { parseSettings } from '../../bench/peers/works/flags.ts';
import { UserError } from '../../shared/command.ts';

describe('parseSettings', () => {
  test('measures everything at length and replaces the published results by default', () => {
    expect(parseSettings([])).toMatchObject({
      isQuick: false,
      rows: [],
      rounds: 6,
      seconds: 2,
      downloadBytes: 1_024 ** 3,
      streams: 5_000,
      jsonFile: 'bench/peers.json',
      chartFile: 'bench/peers.svg',
    });
  });

  test.each([{ args: ['--quick'] }, { args: ['--only', 'race'] }, { args: ['--rows', 'ours'] }])(
    'keeps the published results with $args',
    ({ args }) => {
      expect(parseSettings(args)).toMatchObject({ jsonFile: undefined, chartFile: undefined });
    },
  );

  test('takes what is given', () => {
    const args = ['--quick', '--rows', 'ours,httpxy', '--rounds=3', '--json', 'a.json', '--chart', 'a.svg'];
    expect(parseSettings(args)).toMatchObject({
      isQuick: true,
      rows: ['ours', 'httpxy'],
      rounds: 3,
      seconds: 1,
      jsonFile: 'a.json',
      chartFile: 'a.svg',
    });
  });

  test('gives nothing to run when it is asked for help', () => {
    expect(parseSettings(['--help'])).toBeUndefined();
  });

  test.each([
    { args: ['--fast'], message: /^Unknown option '--fast'\nnpm run bench/ },
    { args: ['--rounds', '0'], message: /^--rounds: expected a whole number from 1, got '0'$/ },
    { args: ['--seconds', '1.5'], message: /^--seconds: expected a whole number from 1, got '1.5'$/ },
    { args: ['race'], message: /^Unexpected argument 'race'/ },
  ])('refuses $args', ({ args, message }) => {
    expect(() => parseSettings(args)).toThrow(UserError);
    expect(() => parseSettings(args)).toThrow(message);
  });
});
