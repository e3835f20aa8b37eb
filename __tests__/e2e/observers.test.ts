import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import { jest } from '@jest/globals';
import { type BalancingProxyOptions, createBalancingProxy, type Observer, type ProxyEvent } from '../../src/index.ts';
import { Resources } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { listen, refusedUrl, startHttp, startTcp, type TestServer } from '../helpers/servers.ts';

/** Events inform and never decide. */

const resources = new Resources();
const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
afterEach(() => resources.closeAll());
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

/** What may be hung on a proxy; each gives the options that it needs. */
const observations: ReadonlyArray<[string, Partial<BalancingProxyOptions>, readonly Observer[], boolean]> = [
  ['an observer', {}, [() => {}], false],
  ['observers that throw, reject and meddle', {}, [throwing, rejecting, meddling], false],
  ['a logger', { logger: { info: () => {}, warn: () => {} }, logQuery: true }, [], false],
  ['a logger that throws', { logger: { info: throwing, warn: throwing } }, [], false],
  ['subscribers of every channel', {}, [], true],
];

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
  head('GET /bad HTTP/1.1', 'Host: a', 'Connection: close'),
  `${head('POST /small HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Connection: close')}hello`,
  `${head('POST /small HTTP/1.1', 'Host: a', 'Content-Length: 50', 'Connection: close')}${'x'.repeat(50)}`,
  head('GET /small HTTP/1.1', 'Host: a', 'Via: 1.1 observed', 'Connection: close'),
];

/** Serves without a date, so that responses can be compared. */
function serve(options: BalancingProxyOptions, observers: readonly Observer[]): Promise<TestServer> {
  const proxy = createBalancingProxy(options);
  for (const observer of observers) proxy.subscribe(observer);
  resources.use(proxy);
  return listen(
    http.createServer((req, res) => {
      res.sendDate = false;
      proxy(req, res);
    }),
  );
}

describe.each(['failover', 'race'] as const)('the bytes of every response of a %s', (strategy) => {
  test.each(observations)('are the same with and without %s', async (_, own, observers, isOnChannels) => {
    const endpoints = await startEndpoints();
    const options: BalancingProxyOptions = {
      endpoints,
      strategy,
      via: 'observed',
      bodyLimitBytes: 20,
      loserGraceMs: 50,
    };
    const bare = resources.use(await serve(options, []));
    const observed = resources.use(await serve({ ...options, ...own }, observers));
    for (const request of requests) {
      const expected = await sendRaw(bare.url, request);
      expect(expected.text).toMatch(/^HTTP\/1\.1 /);
      if (isOnChannels) for (const type of types) diagnostics.subscribe(`balancing-reverse-proxy:${type}`, onMessage);
      const { text } = await sendRaw(observed.url, request);
      for (const type of types) diagnostics.unsubscribe(`balancing-reverse-proxy:${type}`, onMessage);
      expect(text).toBe(expected.text);
    }
  });
});
