import { boolean, choice, string } from '../kinds/flag-kinds.ts';

/** How much lines of the log matter, from the least on. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** What the log looks like, and where it goes. */
export const logging = {
  'log-prefix': string('balancing-reverse-proxy', 'what every line of the log begins with', { isOriginal: true }),
  'log-file': string(
    'stdout',
    'where the log goes: a file to append to, opened again on SIGHUP and SIGUSR1, or stdout or stderr; empty is stdout',
    {
      isOriginal: true,
    },
  ),
  'log-date': boolean('true', 'write the date into the log', { isOriginal: true }),
  'log-time': boolean('true', 'write the time into the log', { isOriginal: true }),
  'log-msec': boolean('false', 'write the time with milliseconds into the log', { isOriginal: true }),
  'log-utc': boolean('false', 'write date and time in UTC rather than in the local time zone', { isOriginal: true }),
  'log-level': choice(...logLevels)(
    'info',
    'the least that a line has to matter: info is a line per request, debug also one per attempt',
  ),
  'log-format': choice('text', 'json')('text', 'text for people, json for machines, one object per line'),
  'x-request-id': boolean('true', '{}; the log tells it', { option: 'xRequestId', isOwnDefault: true }),
  'log-query': boolean('false', '{}', { option: 'logQuery' }),
};
