import { type FlagTable, parseFlags, portFlag, usageOf } from '../../demo/flags.ts';
import { UserError } from '../../shared/command.ts';

const flags = {
  port: portFlag('where it listens', 8080),
  ratio: { help: 'a share', fallback: 0.25, min: 0, max: 1, mayBeFraction: true },
} satisfies FlagTable;

function problemWith(...args: string[]): UserError {
  try {
    parseFlags(flags, args);
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error('the flags were accepted');
}

describe('parseFlags', () => {
  test('falls back where a flag is not given', () => {
    expect(parseFlags(flags, [])).toEqual({ port: 8080, ratio: 0.25 });
  });

  test('takes the numbers that are given, 0 too', () => {
    expect(parseFlags(flags, ['--port', '0', '--ratio=.5'])).toEqual({ port: 0, ratio: 0.5 });
  });

  test('falls back to another number each time where the fallback is random', () => {
    const seedFlags = { seed: { help: 'a seed', fallback: 'random', min: 0, max: 1 } } satisfies FlagTable;
    const seeds = Array.from({ length: 5 }, () => parseFlags(seedFlags, []).seed);
    expect(new Set(seeds).size).toBeGreaterThan(1);
  });

  test('takes a switch without a number, as 1 where it is given and 0 where not', () => {
    const switches = { backup: { help: 'one more', isSwitch: true } } satisfies FlagTable;
    expect(parseFlags(switches, ['--backup'])).toEqual({ backup: 1 });
    expect(parseFlags(switches, [])).toEqual({ backup: 0 });
    expect(usageOf(switches)).toMatch(/\n {2}--backup {7}one more \(off; takes no number\)$/);
  });

  test.each([
    { args: ['--port', 'x'], message: "--port: expected a whole number from 0 to 65535, got 'x'" },
    { args: ['--port', ''], message: "--port: expected a whole number from 0 to 65535, got ''" },
    { args: ['--port', '1.5'], message: "--port: expected a whole number from 0 to 65535, got '1.5'" },
    { args: ['--port', '65536'], message: "--port: expected a whole number from 0 to 65535, got '65536'" },
    { args: ['--ratio', '1e-1'], message: "--ratio: expected a number from 0 to 1, got '1e-1'" },
    { args: ['--ratio=-1'], message: "--ratio: expected a number from 0 to 1, got '-1'" },
    { args: ['--prot', '1'], message: "Unknown option '--prot'; --help lists the flags" },
    { args: ['--port'], message: "Option '--port <value>' argument missing; --help lists the flags" },
  ])('refuses $args with one line', ({ args, message }) => {
    const problem = problemWith(...args);
    expect(problem.message).toBe(message);
    expect(problem.exitCode).toBe(2);
  });
});

describe('usageOf', () => {
  test('lists every flag with its default', () => {
    expect(usageOf(flags).split('\n')).toEqual([
      'Flags, each with a number (default):',
      '  --port         where it listens; 0 takes what is free (8080)',
      '  --ratio        a share (0.25)',
    ]);
  });

  test('makes room for a long name', () => {
    expect(
      usageOf({ ...flags, 'dashboard-port': portFlag('where else', 1) })
        .split('\n')
        .slice(1),
    ).toEqual([
      '  --port           where it listens; 0 takes what is free (8080)',
      '  --ratio          a share (0.25)',
      '  --dashboard-port where else; 0 takes what is free (1)',
    ]);
  });
});
