import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import {
  type BalancingProxy,
  type BalancingProxyOptions,
  createBalancingProxy,
  type Observer,
  type ProxyEvent,
} from '../../src/index.ts';
import { createDashboard } from '../../src/observers/dashboard/dashboard.ts';
import { createMetrics } from '../../src/observers/metrics/metrics.ts';
import { traceAttempts } from '../../src/observers/tracing/opentelemetry.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { listen, refusedUrl, startHttp, startTcp, type TestServer } from '../helpers/servers.ts';

/** Events inform and never decide. */

const resources = leakCheckedResources();
const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
afterAll(() => emitWarning.mockRestore());

const types: ReadonlyArray<ProxyEvent['type']> = [
  'request-started',
  'attempt-started',
  'attempt-ended',
  'hedge-denied',
  'response-started',
  'request-ended',
  'endpoint-ejected',
  'endpoint-drained',
  'endpoint-restored',
];

const throwing: Observer = () => {
  throw new Error('an observer at fault');
};
const rejecting: Observer = async () => {
  throw new Error('an observer at fault');
};
/** Tries to change what it is told. */
const meddling: Observer = (event) => {
  for (const key of Object.keys(event)) Reflect.set(event, key, 'changed');
  if ('attempts' in event) Reflect.set(event.attempts, 'length', 0);
};

const onMessage = (): void => {};

/** What may be hung on a proxy: options, and what is done with it. */
interface Observation {
  readonly name: string;
  readonly options?: Partial<BalancingProxyOptions>;
  readonly attach?: (proxy: BalancingProxy) => void;
  readonly isOnChannels?: true;
}

const subscribing =
  (...observers: readonly Observer[]) =>
  (proxy: BalancingProxy): void => {
    for (const observer of observers) proxy.subscribe(observer);
  };

const observations: readonly Observation[] = [
  { name: 'an observer', attach: subscribing(() => {}) },
  { name: 'observers that throw, reject and meddle', attach: subscribing(throwing, rejecting, meddling) },
  { name: 'a logger', options: { logger: { info: () => {}, warn: () => {} }, logQuery: true } },
  { name: 'a logger that rejects', options: { logger: { info: rejecting, warn: rejecting } } },
  { name: 'a logger that throws', options: { logger: { info: throwing, warn: throwing } } },
  { name: 'metrics', attach: (proxy) => void createMetrics({ registry: new Registry() }).observe(proxy) },
  { name: 'traces', attach: (proxy) => void traceAttempts(proxy) },
  { name: 'a dashboard that is watched', attach: watch },
  { name: 'subscribers of every channel', isOnChannels: true },
];

/** Opens the dashboard's stream of events. */
function watch(proxy: BalancingProxy): void {
  const dashboard = resources.use(createDashboard(proxy));
  const server = http.createServer(dashboard).listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    http.get({ host: '127.0.0.1', port, path: '/events', agent: false }, (res) => res.resume()).on('error', () => {});
  });
  resources.use({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

/** Breaks off in the middle, and gives the rest to whoever asks for it. */
function mended({ headers: { range } }: http.IncomingMessage, res: http.ServerResponse): void {
  const body = Buffer.alloc(200_000, 'mended');
  const head = { ETag: '"one"', 'Accept-Ranges': 'bytes' };
  const first = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
  if (first === 0) {
    res.writeHead(200, { ...head, 'Content-Length': body.length }).write(body.subarray(0, 1_000), () => res.destroy());
    return;
  }
  const part = { 'Content-Range': `bytes ${first}-${body.length - 1}/${body.length}` };
  res.writeHead(206, { ...head, ...part, 'Content-Length': body.length - first }).end(body.subarray(first));
}

/** What every endpoint does to a request, by its path; no byte of it depends on the time. */
async function startEndpoints(): Promise<readonly string[]> {
  const bodies: Readonly<Record<string, string>> = { '/small': 'hello', '/large': 'x'.repeat(200_000) };
  const good = await startHttp((req, res) => {
    res.sendDate = false;
    req.resume();
    const body = bodies[req.url ?? ''];
    if (req.url === '/chunked') return void res.write('one', () => res.end('two'));
    if (req.url === '/cut')
      return void res.writeHead(200, { 'Content-Length': 100_000 }).write('cut', () => res.destroy());
    if (req.url === '/mended') return mended(req, res);
    if (body === undefined) return void res.writeHead(500, { 'Content-Length': 4 }).end('oops');
    res.writeHead(200, 'Fine', ['Content-Length', String(body.length), 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']);
    res.end(body);
  });
  const garbage = await startTcp((socket) => void socket.end('what is HTTP?\r\n\r\n'));
  for (const endpoint of [good, garbage]) resources.use(endpoint);
  return [await refusedUrl(), garbage.url, good.url];
}

const requests: readonly string[] = [
  head('GET /small HTTP/1.1', 'Host: a', 'Connection: close'),
  head('GET /small?secret=1 HTTP/1.1', 'Host: a', 'traceparent: 00-1-2-03', 'Connection: close'),
  head('HEAD /small HTTP/1.1', 'Host: a', 'Connection: close'),
  head('GET /large HTTP/1.1', 'Host: a', 'Connection: close'),
  head('GET /chunked HTTP/1.1', 'Host: a', 'Connection: close'),
  head('GET /cut HTTP/1.1', 'Host: a', 'Connection: close'),
  head('GET /mended HTTP/1.1', 'Host: a', 'Connection: close'),
  head('GET /bad HTTP/1.1', 'Host: a', 'Connection: close'),
  `${head('POST /small HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Connection: close')}hello`,
  `${head('POST /small HTTP/1.1', 'Host: a', 'Content-Length: 50', 'Connection: close')}${'x'.repeat(50)}`,
  head('GET /small HTTP/1.1', 'Host: a', 'Via: 1.1 observed', 'Connection: close'),
];

/** Serves without a date, so that responses can be compared. */
function serve(options: BalancingProxyOptions, attach?: (proxy: BalancingProxy) => void): Promise<TestServer> {
  const proxy = createBalancingProxy(options);
  attach?.(proxy);
  resources.use(proxy);
  return listen(
    http.createServer((req, res) => {
      res.sendDate = false;
      proxy(req, res);
    }),
  );
}

describe.each(['failover', 'race'] as const)('the bytes of every response of a %s', (strategy) => {
  test.each(observations)('are the same with and without $name', async (observation) => {
    const endpoints = await startEndpoints();
    const options: BalancingProxyOptions = {
      endpoints,
      strategy,
      via: 'observed',
      bodyLimitBytes: 20,
      loserGraceMs: 50,
    };
    const bare = resources.use(await serve(options));
    const observed = resources.use(await serve({ ...options, ...observation.options }, observation.attach));
    for (const request of requests) {
      const expected = await sendRaw(bare.url, request);
      expect(expected.text).toMatch(/^HTTP\/1\.1 /);
      if (request.includes('/mended')) expect(expected.text).toHaveLength(200_000 + expected.text.indexOf('mended'));
      if (observation.isOnChannels)
        for (const type of types) diagnostics.subscribe(`balancing-reverse-proxy:${type}`, onMessage);
      const { text } = await sendRaw(observed.url, request);
      for (const type of types) diagnostics.unsubscribe(`balancing-reverse-proxy:${type}`, onMessage);
      expect(text).toBe(expected.text);
    }
  });
});
