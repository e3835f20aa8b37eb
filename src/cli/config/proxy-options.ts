import type { Strategy } from '../../index.ts';
import { isPlainObject } from '../../support/plain-object.ts';
import { CommandError } from '../flags/command-error.ts';
import { labelOf } from '../flags/flag-value.ts';
import { type FlagName, type FlagValues, flagCalled, flagNames } from '../flags/flags.ts';
import { fallbackValues, type ParsedFlags } from '../flags/parse-flags.ts';

/** Options of the library by name, not checked yet, of a file or of flags. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** The flags that set an option of the library, by the option's name such as `timeouts.idleMs`. */
export const flagByOption: ReadonlyMap<string, FlagName> = new Map(
  flagNames.flatMap((name) => {
    const { option } = flagCalled(name);
    return option === undefined ? [] : [[option, name] as const];
  }),
);

/**
 * The options that the given flags set; a flag that was not given sets none.
 * @throws CommandError with exit code 2 when flags contradict one another.
 */
export function optionsOf(flags: ParsedFlags): RawOptions {
  const strategy = strategyOf(flags);
  const options = [...flags.given.keys()].reduce((before, name) => withOption(before, name, flags.values), {});
  return strategy ? { ...options, strategy } : options;
}

/** The options that the command has other defaults for than the library. */
export const ownDefaults: RawOptions = flagNames
  .filter((name) => flagCalled(name).isOwnDefault)
  .reduce((before, name) => withOption(before, name, fallbackValues), {});

/** The options of both, group by group; where both have one, that of `above` counts. */
export function overlay(below: RawOptions, above: RawOptions): RawOptions {
  const merged = Object.entries(above).map(([name, value]) => {
    const lower = below[name];
    return [name, isPlainObject(value) && isPlainObject(lower) ? overlay(lower, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(merged) };
}

/** Rewrites a message of the library for users of the command: flags take the place of options. */
export function nameFlags(message: string): string {
  return replaceOptions(message, (option) => {
    const flag = flagByOption.get(option);
    return flag && labelOf(flag, 'flag');
  });
}

/** Replaces the names of options in a message. @param nameOf gives undefined for an option that keeps its name. */
export function replaceOptions(message: string, nameOf: (option: string) => string | undefined): string {
  return message.replaceAll(
    /(?:option )?`([\w.]+)(?:\[(\d+)\](?:\.dns)?)?`/g,
    (text, option: string, index?: string) => {
      const name = nameOf(option);
      if (name === undefined) return text;
      return index === undefined ? name : `${name} (endpoint ${index})`;
    },
  );
}

function withOption(options: RawOptions, name: FlagName, values: FlagValues): RawOptions {
  const { option, toOption = (asItIs: unknown) => asItIs } = flagCalled(name);
  if (option === undefined) return options;
  const [group = '', field] = option.split('.');
  const value = toOption(values[name]);
  return overlay(options, { [group]: field === undefined ? value : { [field]: value } });
}

function strategyOf({ values, given }: ParsedFlags): Strategy | undefined {
  const [fanout, strategy] = [given.get('fanout'), given.get('strategy')];
  const byFanout = values.fanout ? 'race' : 'failover';
  if (!strategy || (fanout === 'flag' && strategy === 'variable')) return fanout && byFanout;
  if (fanout === strategy && values.strategy !== byFanout) {
    throw new CommandError(
      2,
      `${labelOf('strategy', strategy)}: ${values.strategy} contradicts -fanout=${values.fanout}; give one of them`,
    );
  }
  return values.strategy;
}
