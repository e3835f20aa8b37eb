import { resumeModes, winPoints } from '../../../options/choices.ts';
import { strategyNames } from '../../../race/strategies/strategies.ts';
import {
  boolean,
  byteSize,
  choice,
  duration,
  hedgeDelay,
  keepable,
  limit,
  pemFile,
  string,
  trust,
} from '../kinds/flag-kinds.ts';

/** How requests are forwarded: most of these set options of the library, whose defaults they share. */
export const forwarding = {
  endpoints: string(
    '',
    'comma-separated URLs of the endpoints; they must be given here or in the file of -config; dns+http://name:port stands for all addresses of the name',
    { option: 'endpoints', toOption: (urls) => urls.split(',').map(endpointOf), isOriginal: true },
  ),
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
  'win-at': choice(...winPoints)(winPoints[0], '{}', { option: 'winAt' }),
  resume: choice(...resumeModes)(resumeModes[0], '{}', { option: 'resume' }),
  'tier-delay': limit('0s', 'tierDelayMs'),
  'retry-for': duration('0s', '{}; 0 is never', { option: 'retry.forMs' }),
  'retry-every': duration('250ms', '{}', { option: 'retry.everyMs' }),
  'body-limit': byteSize('1MiB', '{}', { option: 'bodyLimitBytes' }),
  'expose-endpoint': boolean('false', '{}', { option: 'exposeEndpoint' }),
  'expose-attempts': boolean('false', '{}', { option: 'exposeAttempts' }),
  via: string('', '{}; empty is a random one', { option: 'via', toOption: (name) => name || undefined }),
  'trust-forwarded': trust('false', '{}, of all or of those at these comma-separated addresses', {
    option: 'trustForwarded',
  }),
  transport: choice(
    'got',
    'node',
    'undici',
  )(
    'got',
    'what sends the attempts: node takes less of the machine than got, and undici still less, which has to be installed beside this (npm install undici)',
  ),
  http2: boolean('false', 'speak HTTP/2 with https endpoints that offer it'),
  'tls-ca': pemFile('tls.ca'),
  'tls-client-cert': pemFile('tls.cert'),
  'tls-client-key': pemFile('tls.key'),
  insecure: boolean('false', 'accept any certificate of https endpoints, for tests only', {
    option: 'tls.rejectUnauthorized',
    toOption: (isInsecure) => !isInsecure,
  }),
};

/** An endpoint as the library takes it. */
function endpointOf(text: string): string | { readonly dns: string } {
  const [, named] = /^dns\+(.*)$/is.exec(text.trim()) ?? [];
  return named === undefined ? text.trim() : { dns: named };
}
