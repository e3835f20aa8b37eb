import type { Strategy } from '../../index.ts';
import { maxTimerMs } from '../../support/timer.ts';
import { CommandError } from '../flags/command-error.ts';
import { labelOf } from '../flags/flag-value.ts';
import type { FlagName, FlagValues } from '../flags/flags.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';

/** Options of the library by name, not checked yet: what stands in a file, or what flags say. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** The option that a flag sets, and the option's value. Undefined is the option's default. */
type Setting<Name extends FlagName> = readonly [option: string, convert: (value: FlagValues[Name]) => unknown];

const settings: { readonly [Name in FlagName]?: Setting<Name> } = {
  endpoints: ['endpoints', (urls) => urls.split(',').map((url) => url.trim())],
  'terminal-responses': ['terminalStatuses', asItIs],
  'unsafe-methods': ['unsafeMethods', (strategy) => (strategy === 'same' ? undefined : strategy)],
  'hedge-delay': ['hedge.delayMs', asItIs],
  timeout: ['timeouts.responseMs', limitOf],
  'connect-timeout': ['timeouts.connectMs', limitOf],
  'idle-timeout': ['timeouts.idleMs', limitOf],
  'total-timeout': ['timeouts.totalMs', limitOf],
  'body-limit': ['bodyLimitBytes', asItIs],
  'expose-endpoint': ['exposeEndpoint', asItIs],
  via: ['via', (name) => name || undefined],
  'trust-forwarded': ['trustForwarded', asItIs],
  insecure: ['tls.rejectUnauthorized', (isInsecure) => !isInsecure],
  'log-query': ['logQuery', asItIs],
};

/** The flag by which the command's user sets an option of the library. */
export const flagByOption: ReadonlyMap<string, FlagName> = new Map([
  ...Object.entries(settings).map(([flag, [option]]) => [option, flag as FlagName] as const),
  ['strategy', 'strategy'] as const,
]);

/**
 * The options that the given flags set; a flag that was not given sets none.
 * @throws CommandError with exit code 2 when flags contradict one another.
 */
export function optionsOf(flags: ParsedFlags): RawOptions {
  const names = [...flags.given.keys()].filter((name) => name in settings);
  const strategy = strategyOf(flags);
  return names.reduce((options, name) => withOption(options, name, flags.values), strategy ? { strategy } : {});
}

/** The options of both; where both say something, what is given over what stands below. */
export function overlay(below: RawOptions, above: RawOptions): RawOptions {
  const merged = Object.entries(above).map(([name, value]) => {
    const lower = below[name];
    return [name, isGroup(value) && isGroup(lower) ? overlay(lower, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(merged) };
}

/** A message of the library in the words of the command: flags where it speaks of options. */
export function nameFlags(message: string): string {
  return replaceOptions(message, (option) => {
    const flag = flagByOption.get(option);
    return flag && labelOf(flag, 'flag');
  });
}

/** Names options otherwise where a message speaks of them. @param nameOf undefined leaves the option as it is. */
export function replaceOptions(message: string, nameOf: (option: string) => string | undefined): string {
  return message.replaceAll(/(?:option )?`([\w.]+)(?:\[(\d+)\])?`/g, (text, option: string, index?: string) => {
    const name = nameOf(option);
    if (name === undefined) return text;
    return index === undefined ? name : `${name} (endpoint ${index})`;
  });
}

function withOption<Name extends FlagName>(options: RawOptions, name: Name, values: FlagValues): RawOptions {
  const [option = '', convert] = settings[name] ?? [];
  const [group = '', field] = option.split('.');
  const value = convert?.(values[name]);
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

/** 0 is no limit, as Go has it; nor can a timer keep more than 24.8 days, and nobody will wait to see the difference. */
function limitOf(ms: number): number {
  return ms === 0 || ms > maxTimerMs ? Infinity : ms;
}

function asItIs<Value>(value: Value): Value {
  return value;
}

function isGroup(value: unknown): value is RawOptions {
  return Object.prototype.toString.call(value) === '[object Object]';
}
