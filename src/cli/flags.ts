import type { Strategy } from '../index.ts';
import { address, boolean, byteSize, choice, duration, type Flag, hedgeDelay, string } from './flag-kinds.ts';

const strategies: readonly Strategy[] = ['race', 'hedge', 'failover', 'single'];

/** The flags of the Go original, with their names, defaults and meaning; only `fanout` has another default. */
const originalFlags = {
  endpoints: string('', 'comma-separated URLs of the endpoints, the only flag that must be given'),
  address: address(':8080', 'address to listen on; without a host all interfaces, with port 0 a free port'),
  'terminal-responses': string(
    '100,200,300,400',
    'comma-separated statuses that may be given to the client: 200 and 2xx are a class, 404 a status, 200-204 a range',
  ),
  fanout: boolean('true', 'ask all endpoints at once; false asks the next one only when the one before failed'),
  'log-prefix': string('balancing-reverse-proxy', 'what every line of the log begins with'),
  'log-file': string('stdout', 'where the log goes: a file to append to, stdout or stderr'),
  'log-date': boolean('true', 'write the date into the log'),
  'log-time': boolean('true', 'write the time into the log'),
  'log-msec': boolean('false', 'write the time with milliseconds into the log'),
  'log-utc': boolean('false', 'write date and time in UTC rather than in the local time zone'),
  'stop-after': duration('0s', 'stop after this time; 0 is never'),
};

/** The flags that the original has not. */
const addedFlags = {
  'log-format': choice('text', 'json')('text', 'text for people, json for machines, one object per line'),
  strategy: choice(...strategies)('race', 'how endpoints are asked; race is -fanout=true, failover is -fanout=false'),
  'unsafe-methods': choice('same', ...strategies)(
    'same',
    'the strategy for POST, PATCH and the like; same is that of -strategy',
  ),
  'hedge-delay': hedgeDelay(
    'p95',
    'with -strategy hedge, time until the next attempt, or a percentile to learn it from',
  ),
  timeout: duration('30s', 'time for one attempt until its response head; 0 is no limit'),
  'connect-timeout': duration('3s', 'time for one attempt to set up its connection; 0 is no limit'),
  'idle-timeout': duration('1m', 'silence of an endpoint within a response body; 0 is no limit'),
  'total-timeout': duration('0s', 'time for all attempts of a request together; 0 is no limit'),
  'body-limit': byteSize(
    '1MiB',
    'largest request body, as it is kept for every endpoint; a larger one is answered 413',
  ),
  'expose-endpoint': boolean('false', 'tell the client in the header X-Served-By which endpoint answered'),
  via: string('', 'our name in the header Via, the same for all instances of a fleet; empty is a random one'),
  'trust-forwarded': boolean('false', 'believe the X-Forwarded-* and Forwarded headers of clients'),
  transport: choice('got', 'undici')(
    'got',
    'what sends the attempts: undici takes less of the machine, and has to be installed beside this (npm install undici)',
  ),
  http2: boolean('false', 'speak HTTP/2 with https endpoints that offer it'),
  insecure: boolean('false', 'accept any certificate of https endpoints, for tests only'),
  'shutdown-timeout': duration('30s', 'time for requests in flight when stopping, then they are cut; 0 is no limit'),
  version: boolean('false', 'write the version and exit'),
  help: boolean('false', 'write this and exit'),
};

/** Every flag of the command, in the order of the usage. */
export const flags = { ...originalFlags, ...addedFlags };

export type FlagName = keyof typeof flags;

/** The value of every flag. */
export type FlagValues = {
  readonly [Name in FlagName]: (typeof flags)[Name] extends Flag<infer Value> ? Value : never;
};

export const flagNames = Object.keys(flags) as readonly FlagName[];

/** Whether the Go original has this flag, too. */
export function isOriginal(name: FlagName): boolean {
  return name in originalFlags;
}
