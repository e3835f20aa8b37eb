import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './sources.ts';

/** The text of every program of the package, by its path. */
const texts: ReadonlyMap<string, string> = new Map(
  readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name))
    .map((name) => [
      path.posix.join('src', name.replaceAll(path.sep, '/')),
      readFileSync(path.join(root, 'src', name), 'utf8'),
    ]),
);

// An idea, the code by which it is known, and the files that have it.
test.each<[string, RegExp, ...string[]]>([
  // Whoever accepts an upgrade reads no stream to its end, but keeps what comes early.
  ["a stream's reader is taken off", /\.off\('data'/, 'src/support/consume.ts', 'src/client/upgrade/upgrade.ts'],
  ['chunks are made one', /\? chunks\[0\] : Buffer\.concat/, 'src/support/consume.ts'],
  // By `withoutQuery` and `round`, which need no such code.
  ['a query is cut off', /split\('\?'/],
  ['a number is rounded', /Math\.round\(.*\) \/ 1/],
  ['brackets of IPv6 are taken off', /\^\\\[\|\\\]\$/, 'src/http/hostname.ts'],
  ['control characters are escaped', /\\p\{Cc\}/, 'src/support/text.ts'],
  ['the longest time of a timer is known', /2_?147_?483_?647/, 'src/support/timer.ts'],
  ["a timer's milliseconds are told of", /milliseconds above 0/, 'src/support/parser/kinds.ts'],
  ['a percentile is known by its characters', /\^p\[1-9\]/, 'src/race/percentile.ts'],
  ['the strategies are listed', /\bhedge'?, '?failover/, 'src/race/strategies/strategies.ts'],
  ['an endpoint may be asked', /isDrained.*isFull|mayStart: .*isDrained/, 'src/endpoints/state/endpoint.ts'],
  ['the states of an endpoint are spelt', /'available'.*'cooling'/, 'src/endpoints/state/snapshot.ts'],
  ['a longer time than a timer takes is waited for', /ms - maxTimerMs/, 'src/support/timer.ts'],
  ['a fault of an observer is borne', /emitWarning\(\w+ instanceof Error/, 'src/support/subscribers.ts'],
  ['the status of a request that failed is found', /status \?\? .*error/, 'src/events/reporter.ts'],
  ['the end of a request is told to logs', /isOthersDoing\(error\)/, 'src/observers/log/tell.ts'],
  ['a flag sets an option', /'timeouts\.idleMs'|'bodyLimitBytes'/, 'src/cli/flags/groups/forwarding.ts'],
  ['entries of a map are forgotten', /\.size < max\b/, 'src/transports/connect/forget-unused.ts'],
  ['TCP asks after a silence', /keepAliveInitialDelay: \d/, 'src/transports/connect/probing.ts'],
  ['a plain object is told from others', /\[object Object\]/, 'src/support/plain-object.ts'],
  ['a token is known by its characters', /\[!#\$%&'\*\+\.\^_`\|~\\w-\]\+\$/, 'src/http/headers.ts'],
  ['a change of an endpoint is known by its path', /drain\|restore\)\$/, 'src/observers/dashboard/changes.ts'],
  ['a session over HTTP/2 and its socket are found', /\.once\('session'/, 'src/cli/serve/http2/http2-sessions.ts'],
  ["a connection's headers are listed", /'proxy-connection'/, 'src/http/headers.ts'],
])('it is written once how %s', (_, code, ...files) => {
  expect([...texts].filter(([, text]) => code.test(text)).map(([file]) => file)).toEqual(files);
});
