import { sentenceOf } from '../../options/documented.ts';
import { type FlagName, flagCalled, flagGroups } from './flags.ts';

/** The help text: the command's purpose and every flag with its default, laid out as Go does. */
export function usage(): string {
  return `Usage: balancing-reverse-proxy -endpoints URL,URL... [flags]

Forwards every request to several endpoints, answers with the first usable response and cancels the rest.

${flagGroups.map(({ title, names }) => `${title}:\n${names.map(describeFlag).join('\n')}`).join('\n\n')}

Flags may have one or two dashes, be written -flag value or -flag=value, and be abbreviated.
Each one but -check, -version and -help may also be an environment variable, such as BRP_LOG_FORMAT for -log-format.
Flags win over variables, and variables over the file of -config.
SIGHUP reads that file and the certificate again and reopens the log file; no request is lost.
SIGUSR1 reopens the log file and does nothing else. SIGUSR2 is ignored.
SIGTERM, SIGINT and SIGQUIT stop after the requests in flight, a second one at once.
`;
}

function describeFlag(name: FlagName): string {
  const { placeholder, mayStandAlone, fallback, help, option = '' } = flagCalled(name);
  const sentence = help.replace('{}', () => sentenceOf(option));
  const shown = placeholder === 'string' ? JSON.stringify(fallback) : fallback;
  const isWorthShowing = fallback !== '' && fallback !== 'false';
  const value = placeholder === '' ? '' : mayStandAlone ? `[=${placeholder}]` : ` ${placeholder}`;
  return `  -${name}${value}\n    \t${sentence}${isWorthShowing ? ` (default ${shown})` : ''}`;
}
