import { strategyNames } from '../../race/strategies/strategies.ts';
import {
  address,
  boolean,
  byteSize,
  choice,
  duration,
  type Flag,
  hedgeDelay,
  keepable,
  limit,
  optionalAddress,
  string,
  workerCount,
} from './flag-kinds.ts';

/** How requests are forwarded: most of these set options of the library, whose defaults they share. */
const forwarding = {
  endpoints: string('', 'comma-separated URLs of the endpoints; they must be given here or in the file of -config', {
    option: 'endpoints',
    toOption: (urls) => urls.split(',').map((url) => url.trim()),
    isOriginal: true,
  }),
  'terminal-responses': string(
    '100,200,300,400',
    '{}, comma-separated: 200 and 2xx are a class, 404 a status, 200-204 a range, !429 an exclusion',
    { option: 'terminalStatuses', isOriginal: true },
  ),
  fanout: boolean('true', 'ask all endpoints at once; false asks the next one only when the one before failed', {
    isOriginal: true,
  }),
  strategy: choice(...strategyNames)('race', '{}; race is -fanout=true, failover is -fanout=false', {
    option: 'strategy',
  }),
  'unsafe-methods': choice('same', ...strategyNames)('same', '{}; same is that of -strategy', {
    option: 'unsafeMethods',
    toOption: (strategy) => (strategy === 'same' ? undefined : strategy),
  }),
  'hedge-delay': hedgeDelay('auto', 'with -strategy hedge, {}', { option: 'hedge.delayMs' }),
  timeout: limit('30s', 'timeouts.responseMs'),
  'connect-timeout': limit('3s', 'timeouts.connectMs'),
  'first-byte-timeout': limit('0s', 'timeouts.firstByteMs'),
  'idle-timeout': limit('1m', 'timeouts.idleMs'),
  'total-timeout': limit('0s', 'timeouts.totalMs'),
  'hold-bytes': byteSize('64KiB', '{}', { option: 'holdBytes' }),
  'hold-time': duration('50ms', '{}; 0 is no hold', { option: 'holdMs', toOption: keepable }),
  'win-at': choice('head', 'first-byte', 'first-event')('head', '{}', { option: 'winAt' }),
  resume: choice('range', 'replay', 'off')('range', '{}', { option: 'resume' }),
  'tier-delay': limit('0s', 'tierDelayMs'),
  'retry-for': duration('0s', '{}; 0 is never', { option: 'retry.forMs' }),
  'retry-every': duration('250ms', '{}', { option: 'retry.everyMs' }),
  'body-limit': byteSize('1MiB', '{}', { option: 'bodyLimitBytes' }),
  'expose-endpoint': boolean('false', '{}', { option: 'exposeEndpoint' }),
  'expose-attempts': boolean('false', '{}', { option: 'exposeAttempts' }),
  via: string('', '{}; empty is a random one', { option: 'via', toOption: (name) => name || undefined }),
  'trust-forwarded': boolean('false', '{}', { option: 'trustForwarded' }),
  transport: choice('got', 'undici')(
    'got',
    'what sends the attempts: undici takes less of the machine, and has to be installed beside this (npm install undici)',
  ),
  http2: boolean('false', 'speak HTTP/2 with https endpoints that offer it'),
  insecure: boolean('false', 'accept any certificate of https endpoints, for tests only', {
    option: 'tls.rejectUnauthorized',
    toOption: (isInsecure) => !isInsecure,
  }),
};

const serving = {
  address: address(':8080', 'address to listen on; without a host all interfaces, with port 0 a free port', {
    isOriginal: true,
  }),
  'tls-cert': string('', 'PEM file with the certificate to show to clients, who then speak https; with -tls-key'),
  'tls-key': string('', 'PEM file with the private key of -tls-cert'),
  'keep-alive-timeout': duration(
    '65s',
    'time for which an idle connection of a client stays open, longer than that of a load balancer; 0 is no limit',
  ),
  'client-body-timeout': duration(
    '1m',
    'silence of a client within a request body, which then gets 408; a slow upload is not silent; 0 is no limit',
  ),
  workers: workerCount('1', 'processes that share the work; auto is one for each core'),
  config: string(
    '',
    'file with the options of the library, .json, .yaml or .yml, read again on SIGHUP; YAML takes npm install yaml',
  ),
  admin: optionalAddress(
    '',
    'address for /healthz, /readyz, /metrics (npm install prom-client) and /dashboard/; never for the public',
  ),
  'admin-actions': boolean('false', 'let the dashboard drain and restore endpoints'),
};

const logging = {
  'log-prefix': string('balancing-reverse-proxy', 'what every line of the log begins with', { isOriginal: true }),
  'log-file': string('stdout', 'where the log goes: a file to append to, opened again on SIGHUP, or stdout or stderr', {
    isOriginal: true,
  }),
  'log-date': boolean('true', 'write the date into the log', { isOriginal: true }),
  'log-time': boolean('true', 'write the time into the log', { isOriginal: true }),
  'log-msec': boolean('false', 'write the time with milliseconds into the log', { isOriginal: true }),
  'log-utc': boolean('false', 'write date and time in UTC rather than in the local time zone', { isOriginal: true }),
  'log-format': choice('text', 'json')('text', 'text for people, json for machines, one object per line'),
  'log-query': boolean('false', '{}', { option: 'logQuery' }),
};

const stopping = {
  'stop-after': duration('0s', 'stop after this time; 0 is never', { isOriginal: true }),
  'shutdown-delay': duration(
    '0s',
    'when stopping, time for which /readyz says no while requests are still accepted, so that load balancers notice',
  ),
  'shutdown-timeout': duration('30s', 'time for requests in flight when stopping, then they are cut; 0 is no limit'),
};

const about = {
  version: boolean('false', 'write the version and exit'),
  help: boolean('false', 'write this and exit'),
};

/** Every flag of the command. */
export const flags = { ...forwarding, ...serving, ...logging, ...stopping, ...about };

/** The name of a flag, without its dash. */
export type FlagName = keyof typeof flags;

/** The value of every flag. */
export type FlagValues = {
  readonly [Name in FlagName]: (typeof flags)[Name] extends Flag<infer Value> ? Value : never;
};

/** The flags as the usage shows them: a title, and the flags that belong under it. */
export const flagGroups = Object.entries({
  Forwarding: forwarding,
  Serving: serving,
  Logging: logging,
  Stopping: stopping,
  Help: about,
}).map(([title, group]) => ({ title, names: Object.keys(group) as readonly FlagName[] }));

/** The names of all flags, in the order of the usage. */
export const flagNames = Object.keys(flags) as readonly FlagName[];

/** Whether a flag asks the command about itself, such as for its version, rather than having it serve. */
export function isQuestion(name: FlagName): boolean {
  return Object.hasOwn(about, name);
}

/** A flag, of whatever kind. */
export function flagCalled(name: FlagName): Flag<unknown> {
  return flags[name];
}
