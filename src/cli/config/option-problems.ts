import type { BalancingProxyError } from '../../index.ts';
import { labelOf } from '../flags/flag-value.ts';
import { flagCalled, flagNames } from '../flags/flags.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';
import type { ConfigFile } from './config-file.ts';
import { notInFiles } from './not-in-files.ts';
import { flagByOption, type RawOptions, replaceOptions } from './proxy-options.ts';

/** The problems with options that only code can have, which a file has all the same. */
export function misplacedIn(options: RawOptions, file: ConfigFile): readonly string[] {
  return Object.keys(options).flatMap((name) => {
    const advice = notInFiles.get(name);
    return advice === undefined
      ? []
      : [`${file.placeOf(name, 'name')}: option \`${name}\` cannot stand in a file: ${advice}`];
  });
}

/** The problems that the library has found, each with its place: the command line, the environment, or line and column of the file. */
export function placedProblems(error: BalancingProxyError, flags: ParsedFlags, file: ConfigFile): readonly string[] {
  return problemsOf(error).map((problem) => {
    const [, option = '', rest = ''] = /^option `([^`]*)`(.*)/s.exec(problem) ?? [];
    const [first = ''] = /^[\w.]+/.exec(option) ?? [];
    const labelFor = (name: string) => labelOfOption(name, flags);
    if (labelFor(first) !== undefined) return replaceOptions(problem, labelFor);
    if (!rest.startsWith(' is unknown')) return `${file.placeOf(option, 'value')}: ${problem}`;
    const advice = adviceOnFlag(option);
    const text = advice === undefined ? problem : `option \`${option}\` is unknown; ${advice}`;
    return `${file.placeOf(option, 'name')}: ${text}`;
  });
}

/** The advice for whoever has a flag among the options of a file, by the flag's name or one like `logFile`; undefined for any other name. */
function adviceOnFlag(name: string): string | undefined {
  const kebab = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const flag = flagNames.find((one) => one === kebab);
  if (flag === undefined) return undefined;
  const { option } = flagCalled(flag);
  return option === undefined ? `it is a flag only, -${flag}` : `in a file the flag -${flag} is \`${option}\``;
}

function labelOfOption(option: string, { values, given }: ParsedFlags): string | undefined {
  const flag = flagByOption.get(option);
  // Without a file, an option that is missing is missing from the command line, such as a key that belongs to a certificate.
  const origin = flag && (given.get(flag) ?? (values.config === '' ? 'flag' : undefined));
  return flag && origin && labelOf(flag, origin);
}

/** The problems in an error: the library puts each on a line of its own when there are several. */
function problemsOf({ message }: BalancingProxyError): readonly string[] {
  const lines = message.split('\n');
  return lines.length === 1 ? lines : lines.slice(1).map((line) => line.replace(/^- /, ''));
}
