import type http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { createCertificate } from '../../shared/certificate.ts';
import type { BalancingProxyOptions, Strategy } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { type RequestSettings, request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const serve = async (options: BalancingProxyOptions) => resources.serve({ strategy: 'single', ...options });

/** A moment at which an endpoint gives up, and what it has said by then. */
interface Fault {
  /** Whether it has read enough. */
  isDue(received: string): boolean;
  readonly reply: string;
}

const body = 'write'.repeat(40_000);
const isWhole = (received: string): boolean => received.endsWith(`\r\n\r\n${body}`);

const faults: ReadonlyArray<readonly [when: string, fault: Fault]> = [
  ['at the first byte', { isDue: () => true, reply: '' }],
  ['after the head', { isDue: (received) => received.includes('\r\n\r\n'), reply: '' }],
  ['after part of the body', { isDue: (received) => received.length > 100_000, reply: '' }],
  ['after the whole body', { isDue: isWhole, reply: '' }],
  ['after half a response head', { isDue: isWhole, reply: 'HTTP/1.1 200 OK\r\nContent-Le' }],
  ['after half a small body', { isDue: isWhole, reply: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf' }],
  ['after garbage', { isDue: isWhole, reply: 'SSH-2.0-OpenSSH_9.2\r\n' }],
];

const ways: ReadonlyArray<readonly [string, (socket: Socket, reply: string) => void]> = [
  ['closes', (socket, reply) => void socket.end(reply, () => socket.destroy())],
  ['resets', (socket, reply) => void socket.write(reply, () => socket.resetAndDestroy())],
];

/** An endpoint that answers GET and breaks a POST off. */
async function startFaulty({ isDue, reply }: Fault, close: (socket: Socket, reply: string) => void) {
  let posts = 0;
  const server = await resources.startTcp((socket) => {
    let received = '';
    socket.on('data', (chunk) => {
      if (received === '' && chunk.toString('latin1').startsWith('POST ')) posts++;
      received += chunk.toString('latin1');
      if (received.startsWith('GET ')) {
        received = '';
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      } else if (isDue(received)) close(socket, reply);
    });
  });
  return { server, posts: () => posts };
}

describe('a POST to an endpoint that may have read of it', () => {
  const cases = ways.flatMap(([way, close]) => faults.map(([when, fault]) => ({ way, when, fault, close })));

  test.each(cases)('is sent nowhere else when it $way $when', async ({ fault, close }) => {
    const { server, posts } = await startFaulty(fault, close);
    const other = await resources.start(answering(200, 'twice'));
    const { url } = await serve({ endpoints: [server.url, other.url] });
    expect((await request(url, { method: 'POST', body })).status).toBe(502);
    expect([server.accepted, posts(), other.accepted]).toEqual([1, 1, 0]);
  });

  test.each(cases)('is sent nowhere else when it $way a kept-alive connection $when', async ({ fault, close }) => {
    const { server, posts } = await startFaulty(fault, close);
    const other = await resources.start(answering(200, 'twice'));
    const { url } = await serve({ endpoints: [server.url, other.url] });
    expect((await request(url)).text).toBe('ok');
    expect((await request(url, { method: 'POST', body })).status).toBe(502);
    expect([server.accepted, posts(), other.accepted]).toEqual([1, 1, 0]);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['closes at once', (socket) => void socket.destroy()],
    ['closes once the request is there', (socket) => later(30, () => socket.destroy())],
    ['resets once the request is there', (socket) => later(30, () => socket.resetAndDestroy())],
  ])('is sent nowhere else when it reads nothing and %s', async (_, close) => {
    const server = await resources.startTcp(close);
    const other = await resources.start(answering(200, 'twice'));
    const { url } = await serve({ endpoints: [server.url, other.url] });
    expect((await request(url, { method: 'POST', body })).status).toBe(502);
    expect([server.accepted, other.accepted]).toEqual([1, 0]);
  });

  test.each<[string, http.RequestListener, number]>([
    ['answers 500', answering(500, 'bad'), 500],
    ['does not answer in time', hanging, 504],
    ['falls silent in a small body', (_, res) => void res.writeHead(200, { 'Content-Length': 9 }).write('half'), 504],
  ])('is sent nowhere else when it %s', async (_, listener, status) => {
    const [faulty, other] = [await resources.start(listener), await resources.start(answering(200, 'twice'))];
    const timeouts = { responseMs: 100, idleMs: 100 };
    const { url } = await serve({ endpoints: [faulty.url, other.url], timeouts });
    expect((await request(url, { method: 'POST', body })).status).toBe(status);
    expect(other.accepted).toBe(0);
  });

  test('is sent nowhere else when `isUsable` refuses the answer', async () => {
    const [first, other] = [
      await resources.start(answering(200, 'first')),
      await resources.start(answering(200, 'twice')),
    ];
    const { url } = await serve({ endpoints: [first.url, other.url], isUsable: () => false });
    expect((await request(url, { method: 'POST', body })).text).toBe('first');
    expect(other.accepted).toBe(0);
  });
});

describe('a POST that surely reached nobody', () => {
  const silentTls = async () =>
    (await resources.startTcp((socket) => void socket.resume())).url.replace('http', 'https');
  test.each<[string, () => Promise<string>]>([
    ['the first endpoint refuses', refusedUrl],
    ['the first endpoint has no address', async () => 'http://no-such-host.invalid'],
    ['a TLS handshake takes longer than `connectMs`', silentTls],
    [
      'a TLS handshake is broken off',
      async () =>
        (await resources.startTcp((socket) => void socket.once('data', () => socket.destroy()))).url.replace(
          'http',
          'https',
        ),
    ],
  ])('is sent to the next endpoint when %s', async (_, startFirst) => {
    const other = await resources.start(answering(200, 'once'));
    const { url } = await serve({ endpoints: [await startFirst(), other.url], timeouts: { connectMs: 100 } });
    expect((await request(url, { method: 'POST', body })).text).toBe('once');
    expect(other.accepted).toBe(1);
  });

  test('is sent to the next endpoint when the certificate of the first is not trusted, which reads no byte', async () => {
    let read = 0;
    const server = https.createServer(await createCertificate());
    server.on('secureConnection', (socket) => socket.on('data', (chunk: Buffer) => (read += chunk.length)));
    const untrusted = await resources.listen(server);
    const other = await resources.start(answering(200, 'once'));
    const { url } = await serve({ endpoints: [untrusted.url.replace('http', 'https'), other.url] });
    expect((await request(url, { method: 'POST', body })).text).toBe('once');
    await untrusted.idle();
    expect([untrusted.accepted, read]).toEqual([1, 0]);
  });

  test('is answered with 502 when nobody can be reached', async () => {
    const { url } = await serve({ endpoints: [await refusedUrl(), await refusedUrl()] });
    expect((await request(url, { method: 'POST', body })).status).toBe(502);
  });
});

describe('a body that is too large to be replayed', () => {
  test.each(['race', 'hedge', 'failover', 'single'] as const)(
    'goes to one endpoint by %s, which is told',
    async (strategy) => {
      const received: string[] = [];
      const bad: http.RequestListener = async (req, res) => {
        let text = '';
        for await (const chunk of req) text += chunk;
        received.push(text);
        answering(500, 'bad')(req, res);
      };
      const endpoints = [(await resources.start(bad)).url, (await resources.start(bad)).url];
      const options = { strategy, hedge: { delayMs: 5 }, bodyLimitBytes: 1_000, largeBody: 'stream' } as const;
      const { url, events } = await serve({ endpoints, ...options });
      expect((await request(url, { method: 'PUT', body })).text).toBe('bad');
      expect(received).toEqual([body]);
      expect(events.at(-1)).toMatchObject({ isBodyStreamed: true, attempts: [{ outcome: 'unusable' }] });
    },
  );
});

describe('the strategy', () => {
  /** The endpoints that are asked; all answer 500, so that none wins before the others are asked. */
  async function askedBy(options: Omit<BalancingProxyOptions, 'endpoints'>, path: string, settings: RequestSettings) {
    const asked: string[] = [];
    const recording =
      (name: string): http.RequestListener =>
      (req, res) => {
        asked.push(name);
        answering(500, name)(req, res);
      };
    const endpoints = [(await resources.start(recording('a'))).url, (await resources.start(recording('b'))).url];
    const { url, events } = await serve({ ...options, endpoints });
    await request(url + path, settings);
    const ended = events.find((event) => event.type === 'request-ended');
    return { asked: asked.sort().join(''), strategy: ended?.strategy };
  }

  test.each<[string, http.OutgoingHttpHeaders, string, Strategy]>([
    ['GET', {}, 'ab', 'race'],
    ['PUT', {}, 'ab', 'race'],
    ['DELETE', {}, 'ab', 'race'],
    ['PROPFIND', {}, 'ab', 'race'],
    ['QUERY', {}, 'ab', 'race'],
    ['POST', {}, 'a', 'single'],
    ['PATCH', {}, 'a', 'single'],
    ['LOCK', {}, 'a', 'single'],
    ['POST', { 'Idempotency-Key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' }, 'ab', 'race'],
  ])('of a %s with %j comes from `unsafeMethods` or not', async (method, headers, asked, strategy) => {
    const options = { strategy: 'race', unsafeMethods: 'single' } as const;
    expect(await askedBy(options, '/', { method, headers })).toEqual({ asked, strategy });
  });

  test('of a POST is the same as of any request without `unsafeMethods`', async () => {
    expect(await askedBy({ strategy: 'race' }, '/', { method: 'POST', body: 'x' })).toMatchObject({ asked: 'ab' });
  });

  test.each<[string, string, Strategy]>([
    ['/one', 'a', 'single'],
    ['/all', 'ab', 'race'],
  ])('for %s may come from a function of the request', async (path, asked, strategy) => {
    const choose = ({ url }: http.IncomingMessage) => (url === '/one' ? 'single' : 'race');
    expect(await askedBy({ strategy: choose }, path, {})).toEqual({ asked, strategy });
  });

  test.each<[string, () => Strategy]>([
    ['throws', () => JSON.parse('{')],
    ['names none', () => 'all' as Strategy],
    ['gives a promise', (async () => 'race') as unknown as () => Strategy],
  ])('is answered with 500 when the function %s', async (_, strategy) => {
    const { url } = await serve({ endpoints: [(await resources.start(answering(200, 'ok'))).url], strategy });
    const { status, text } = await request(url);
    expect([status, text]).toEqual([500, '500 ERR_BRP_HOOK\n']);
  });
});
