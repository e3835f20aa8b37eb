import { parseArgs } from 'node:util';
import { UserError } from '../shared/command.ts';
import { randomSeed } from '../shared/random.ts';

/** A flag of the command line that takes a number, as all flags of the demo do but switches. */
export interface NumberFlag {
  /** The purpose of the flag, one line. */
  readonly help: string;
  readonly fallback: number | 'random';
  readonly min: number;
  readonly max: number;
  /** @default whole numbers only */
  readonly mayBeFraction?: boolean;
}

/** A flag that is given or not, without a value: the number 1 or 0. */
export interface SwitchFlag {
  /** The purpose of the flag, one line. */
  readonly help: string;
  readonly isSwitch: true;
}

/** The flags of one command by their names, without the dashes. */
export type FlagTable<Name extends string = string> = Readonly<Record<Name, NumberFlag | SwitchFlag>>;

/** A flag for the port of a server; 0 takes a free one. */
export function portFlag(help: string, fallback: number): NumberFlag {
  return { help: `${help}; 0 takes what is free`, fallback, min: 0, max: 65_535 };
}

/**
 * Reads the flags of this process. `--help` prints them and ends it.
 * @throws UserError that names the first wrong flag.
 */
export function readFlags<Name extends string>(flags: FlagTable<Name>): Record<Name, number> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(usageOf(flags));
    process.exit(0);
  }
  return parseFlags(flags, args);
}

/**
 * Gives the number of every flag, its fallback where `args` does not name it.
 * @throws UserError that names the first wrong flag.
 */
export function parseFlags<Name extends string>(flags: FlagTable<Name>, args: readonly string[]): Record<Name, number> {
  const texts = parseTexts(flags, args);
  const entries = entriesOf(flags).map(([name, flag]) => [name, numberOf(name, flag, texts[name])]);
  return Object.fromEntries(entries);
}

/** The lines that `--help` prints. */
export function usageOf(flags: FlagTable): string {
  const width = Math.max(12, ...Object.keys(flags).map((name) => name.length));
  const lines = entriesOf(flags).map(([name, flag]) => {
    const fallback = 'isSwitch' in flag ? 'off; takes no number' : flag.fallback;
    return `  --${name.padEnd(width)} ${flag.help} (${fallback})`;
  });
  return ['Flags, each with a number (default):', ...lines].join('\n');
}

function parseTexts(flags: FlagTable, args: readonly string[]): Record<string, string | boolean | undefined> {
  const options = Object.fromEntries(
    entriesOf(flags).map(([name, flag]) => [name, { type: 'isSwitch' in flag ? 'boolean' : 'string' } as const]),
  );
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const [firstLine] = (error as Error).message.split('\n');
    throw new UserError(`${firstLine}; --help lists the flags`, 2);
  }
}

function numberOf(name: string, flag: NumberFlag | SwitchFlag, text: string | boolean | undefined): number {
  if ('isSwitch' in flag) return text === true ? 1 : 0;
  const { fallback, min, max, mayBeFraction } = flag;
  if (typeof text !== 'string') return fallback === 'random' ? randomSeed() : fallback;
  const number = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  const isRight = number >= min && number <= max && (mayBeFraction || Number.isInteger(number));
  if (isRight) return number;
  const kind = mayBeFraction ? 'a number' : 'a whole number';
  throw new UserError(`--${name}: expected ${kind} from ${min} to ${max}, got '${text}'`, 2);
}

function entriesOf<Name extends string>(flags: FlagTable<Name>): Array<[Name, NumberFlag | SwitchFlag]> {
  return Object.entries(flags) as Array<[Name, NumberFlag | SwitchFlag]>;
}
