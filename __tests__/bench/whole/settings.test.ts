import { parseWholeSettings } from '../../../bench/whole/settings.ts';
import { UserError } from '../../../shared/command.ts';

const MiB = 1_024 * 1_024;

describe('parseWholeSettings', () => {
  test('sends enough requests for the goal by default, and makes no download', () => {
    const { seed, rows = [], large } = parseWholeSettings([]) ?? {};
    expect({ seed, large }).toEqual({ seed: 1, large: undefined });
    expect(rows.map(({ form, resume, requests }) => [form, resume, requests])).toEqual([
      ['chunked', 'replay', 400],
      ['length', 'replay', 400],
      ['gzip', 'replay', 400],
      ['drips', 'replay', 400],
      ['parts', 'range', 200],
      ['parts', 'replay', 200],
      ['stream', 'replay', 200],
    ]);
  });

  test('downloads a GiB with --large, and less of it with --quick', () => {
    const large = { leastBytes: 20e6, mostBytes: 200e6, rounds: 5, seed: 1, leastRatio: 0.9 };
    expect(parseWholeSettings(['--large'])?.large).toMatchObject({ ...large, bytes: 1_024 * MiB });
    expect(parseWholeSettings(['--large', '--quick'])?.large).toMatchObject({ bytes: 64 * MiB, rounds: 1 });
  });

  test('takes what is given', () => {
    const quick = parseWholeSettings(['--quick', '--seed=7', '--only', 'ETag, range']);
    expect(quick).toMatchObject({ seed: 7, rows: [{ form: 'parts', resume: 'range', requests: 10 }] });
    expect(parseWholeSettings(['--large', '--only', 'undici', '--rounds', '9'])?.large).toMatchObject({
      transports: ['undici'],
      rounds: 9,
    });
  });

  test('gives nothing to run when it is asked for help', () => {
    expect(parseWholeSettings(['--help'])).toBeUndefined();
  });

  test.each([
    { args: ['--fast'], message: /^Unknown option '--fast'\nnpm run bench:whole/ },
    { args: ['--seed', 'x'], message: /^--seed: expected a whole number from 1, got 'x'$/ },
    { args: ['--only', 'nothing'], message: /^--only: expected a part of one of\n {2}2 KB, chunked, replay\n/ },
  ])('refuses $args', ({ args, message }) => {
    expect(() => parseWholeSettings(args)).toThrow(UserError);
    expect(() => parseWholeSettings(args)).toThrow(message);
  });
});
