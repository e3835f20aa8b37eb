import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { gotTransport, nodeTransport } from '../../src/index.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { sendHttp2, textOf } from '../helpers/frames.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, type RawListener, sendRaw, startRaw } from '../helpers/raw.ts';
import { answering } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { data, head as headers, lastData, reset, startRawHttp2 } from '../transports/raw-http2.ts';

const resources = leakCheckedResources();

const get = head('GET / HTTP/1.1', 'Host: h', 'Connection: close');
const chunkedHead = head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked');

/** Long enough that only the end, a break or `holdBytes` can be what was waited for. */
const long = { holdMs: 60_000 };

/** The ways in which HTTP/1.1 has a body of unknown length: how it starts, and how it ends well. */
const framings = {
  'in chunks': { start: `${chunkedHead}4\r\nhalf\r\n`, end: (socket: Socket) => void socket.write('0\r\n\r\n') },
  'to the end of the connection': {
    start: `${head('HTTP/1.1 200 OK')}half`,
    end: (socket: Socket) => void socket.end(),
  },
  'to the end of a connection of HTTP/1.0': {
    start: `${head('HTTP/1.0 200 OK')}half`,
    end: (socket: Socket) => void socket.end(),
  },
} as const;
type Framing = keyof typeof framings;

const transports = {
  got: () => gotTransport(),
  node: () => nodeTransport(),
  undici: () => undiciTransport(),
} as const;
type TransportName = keyof typeof transports;

/** Sends the first part of an answer, and what comes then a little later. */
const inTwo =
  (start: string, then: (socket: Socket) => unknown): RawListener =>
  (socket) => {
    socket.write(start, 'latin1');
    later(10, () => then(socket));
  };

const breaks = {
  'is reset': (socket: Socket) => socket.resetAndDestroy(),
  'is closed': (socket: Socket) => socket.end(),
  'goes on with garbage': (socket: Socket) => socket.write('zz\r\nhalf'),
  'is silent': () => {},
};

/** What is no end of a body that is framed so. */
const broken: ReadonlyArray<readonly [Framing, keyof typeof breaks]> = [
  ['in chunks', 'is reset'],
  ['in chunks', 'is closed'],
  ['in chunks', 'goes on with garbage'],
  ['in chunks', 'is silent'],
  ['to the end of the connection', 'is reset'],
  ['to the end of the connection', 'is silent'],
  ['to the end of a connection of HTTP/1.0', 'is reset'],
];

const overAll = Object.keys(transports) as TransportName[];
const throughAll = overAll.flatMap((over) =>
  (Object.keys(framings) as Framing[]).map((framing) => [over, framing] as const),
);

describe('a response of unknown length', () => {
  test.each(throughAll)('over %s goes out with its length when it is whole: %s', async (over, framing) => {
    const { start, end } = framings[framing];
    const endpoint = resources.use(await startRaw(inTwo(start, end)));
    const { url } = await resources.serve({ endpoints: [endpoint.url], transport: transports[over](), ...long });
    const { headers, text } = await request(url);
    expect([headers['content-length'], headers['transfer-encoding'], text]).toEqual(['4', undefined, 'half']);
  });

  test.each(overAll.flatMap((over) => broken.map((one) => [over, ...one] as const)))(
    'over %s, sent %s, that %s leaves the win to another endpoint',
    async (over, framing, how) => {
      const bad = resources.use(await startRaw(inTwo(framings[framing].start, breaks[how])));
      const good = await resources.start(answering(200, 'whole'));
      const served = await resources.serve({
        endpoints: [bad.url, good.url],
        strategy: 'failover',
        transport: transports[over](),
        timeouts: { idleMs: 100 },
        ...long,
      });
      expect((await request(served.url)).text).toBe('whole');
      const outcome = how === 'is silent' ? 'timed-out' : 'failed';
      expect(served.events.at(-1)).toMatchObject({ attempts: [{ outcome, status: 200 }, { outcome: 'won' }] });
      expect(served.proxy.endpoints).toMatchObject([{ failures: 1 }, { wins: 1 }]);
    },
  );

  test.each<[string, BalancingProxyOptions['strategy'] & string]>([
    ['all at once', 'race'],
    ['one after the other', 'failover'],
    ['when it is slow', 'hedge'],
  ])('that breaks off is no answer when the endpoints are asked %s', async (_, strategy) => {
    const bad = await startRaw(inTwo(`${chunkedHead}4\r\nhalf\r\n`, (socket) => socket.resetAndDestroy()));
    const badIsDone = Promise.withResolvers<void>();
    const good = await resources.start(async (_req, res) => {
      if (strategy !== 'failover') await badIsDone.promise;
      res.write('who');
      later(5, () => res.end('le'));
    });
    const served = await resources.serve({
      endpoints: [resources.use(bad).url, good.url],
      strategy,
      order: 'given',
      hedge: { delayMs: 1 },
      ...long,
    });
    served.proxy.subscribe((event) => event.type === 'attempt-ended' && badIsDone.resolve());
    expect((await request(served.url)).text).toBe('whole');
    expect(served.events.at(-1)).toMatchObject({ winner: good.url });
  });

  test('that all endpoints leave unfinished is answered with an error', async () => {
    const silent = resources.use(await startRaw(`${chunkedHead}4\r\nhalf\r\n`));
    const { url } = await resources.serve({ endpoints: [silent.url], timeouts: { idleMs: 50 }, ...long });
    expect(await request(url)).toMatchObject({ status: 504, text: '504 ERR_BRP_ALL_TIMED_OUT\n' });
  });

  test('goes out when its hold is over, and streams on', async () => {
    const firstCame = Promise.withResolvers<void>();
    const endpoint = await resources.start(async (_req, res) => {
      res.write('first ');
      await firstCame.promise;
      res.end('last');
    });
    const { url } = await resources.serve({ endpoints: [endpoint.url], holdMs: 20 });
    const { text } = await sendRaw(url, get, (soFar) => soFar.includes('first') && firstCame.resolve());
    expect(text).toMatch(/^transfer-encoding: chunked\r\n/im);
    expect(text).toMatch(/first [\s\S]*last\r\n0\r\n\r\n$/);
  });

  test('goes out when `holdBytes` have come, and streams on', async () => {
    const body = randomBytes(20_000);
    const firstCame = Promise.withResolvers<void>();
    const endpoint = await resources.start(async (_req, res) => {
      res.write(body.subarray(0, 9_000));
      later(5, () => res.write(body.subarray(9_000, 12_000)));
      await firstCame.promise;
      res.end(body.subarray(12_000));
    });
    const { url } = await resources.serve({ endpoints: [endpoint.url], holdBytes: 10_000, ...long });
    const client = http.get(url, { agent: false });
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    client.on('error', reject).on('response', (res) => {
      const chunks: Buffer[] = [];
      firstCame.resolve();
      res.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
    });
    expect((await promise).equals(body)).toBe(true);
  });

  test.each([
    ['no byte is held', { holdBytes: 0, ...long }],
    ['it is held for no time', { holdMs: 0 }],
  ])('is streamed from its head when %s', async (_, options) => {
    const headCame = Promise.withResolvers<void>();
    const endpoint = await resources.start(async (_req, res) => {
      res.flushHeaders();
      await headCame.promise;
      res.end('body');
    });
    const { url } = await resources.serve({ endpoints: [endpoint.url], ...options });
    const { text } = await sendRaw(url, get, (soFar) => soFar.includes('\r\n\r\n') && headCame.resolve());
    expect(text).toMatch(/4\r\nbody\r\n0\r\n\r\n$/);
  });

  test.each([
    ['a stream of events', { 'Content-Type': 'text/event-stream' }],
    ['lines of JSON', { 'Content-Type': 'application/x-ndjson' }],
    ['a body that nobody may keep back', { 'X-Accel-Buffering': 'no' }],
  ])('is not held when it is %s', async (_, headers) => {
    const headCame = Promise.withResolvers<void>();
    const endpoint = await resources.start(async (_req, res) => {
      res.writeHead(200, headers).flushHeaders();
      await headCame.promise;
      res.end('data: 1\n\n');
    });
    const { url } = await resources.serve({ endpoints: [endpoint.url], ...long });
    const { text } = await sendRaw(url, get, (soFar) => soFar.includes('\r\n\r\n') && headCame.resolve());
    expect(text).toContain('data: 1');
  });

  test('that is compressed arrives byte for byte', async () => {
    const body = gzipSync(randomBytes(30_000));
    const endpoint = await resources.start((_req, res) => {
      res.writeHead(200, { 'Content-Encoding': 'gzip' }).write(body.subarray(0, 10_000));
      later(5, () => res.end(body.subarray(10_000)));
    });
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const received = await request(url);
    expect(received.headers['content-encoding']).toBe('gzip');
    expect(hashOf(received.body)).toBe(hashOf(body));
  });

  test('has a hold that the preference of another status does not shorten', async () => {
    const start = chunkedHead.replace('200 OK', '404 Not Found');
    const bad = await startRaw(inTwo(`${start}4\r\nhalf\r\n`, (socket) => socket.resetAndDestroy()));
    const good = await resources.start((_req, res) => {
      res.writeHead(404).write('who');
      later(40, () => res.end('le'));
    });
    const endpoints = [resources.use(bad).url, good.url];
    const { url } = await resources.serve({ endpoints, preferStatuses: '200', preferGraceMs: 5, ...long });
    expect(await request(url)).toMatchObject({ status: 404, text: 'whole', headers: { 'content-length': '5' } });
  });

  test('has its headers rewritten when it is whole', async () => {
    const seen: unknown[] = [];
    const endpoint = await resources.start((_req, res) => {
      res.write('who');
      later(5, () => res.end('le'));
    });
    const rewriteResponse = (headers: http.IncomingHttpHeaders) => {
      seen.push(headers['content-length']);
      return { 'X-New': 'yes' };
    };
    const { url } = await resources.serve({ endpoints: [endpoint.url], rewriteResponse });
    const { headers, text } = await request(url);
    expect([headers['x-new'], headers['content-length'], text]).toEqual(['yes', '5', 'whole']);
    expect(seen).toEqual([undefined]);
  });

  test('gives its place to the next when it is not usable and breaks off, with the length of the next', async () => {
    const start = chunkedHead.replace('200 OK', '503 Busy');
    const bad = await startRaw(inTwo(`${start}4\r\nhalf\r\n`, (socket) => later(30, () => socket.resetAndDestroy())));
    const next = await startRaw(inTwo(`${start}4\r\nnext\r\n`, (socket) => later(30, () => socket.write('0\r\n\r\n'))));
    const endpoints = [resources.use(bad).url, resources.use(next).url];
    const { url } = await resources.serve({ endpoints, strategy: 'failover', ...long });
    expect(await request(url)).toMatchObject({ status: 503, text: 'next', headers: { 'content-length': '4' } });
  });
});

describe('a response that `isUsable` has refused when its hold was over', () => {
  const afterHold: http.RequestListener = (_req, res) => {
    res.write('first ');
    later(60, () => res.end('last'));
  };

  test.each(overAll)('is given whole, over %s, when nothing better has come by its end', async (over) => {
    const endpoint = await resources.start(afterHold);
    const late = await resources.startTcp((socket) => later(150, () => socket.destroy()));
    const served = await resources.serve({
      endpoints: [endpoint.url, late.url],
      isUsable: () => false,
      holdMs: 10,
      transport: transports[over](),
    });
    expect(await request(served.url)).toMatchObject({ status: 200, text: 'first last' });
    expect(served.events.at(-1)).toMatchObject({ winner: undefined, servedBy: endpoint.url });
  });

  test.each(overAll)('is streamed, over %s, when nothing better can come', async (over) => {
    const endpoint = await resources.start(afterHold);
    const { url } = await resources.serve({
      endpoints: [endpoint.url],
      isUsable: () => false,
      holdMs: 10,
      transport: transports[over](),
    });
    expect(await request(url)).toMatchObject({ status: 200, text: 'first last' });
  });
});

describe('a held response of HTTP/2', () => {
  const start = async (onRequest: (socket: TLSSocket, stream: number) => void) =>
    resources.use(await startRawHttp2({ onRequest })).url;
  const overHttp2 = () => ({ transport: gotTransport({ http2: true }), tls: { rejectUnauthorized: false }, ...long });

  test('goes out with its length when it is whole', async () => {
    const endpoint = await start((socket, stream) => {
      socket.write(Buffer.concat([headers(stream), data(stream, 'who')]));
      later(5, () => socket.write(lastData(stream, 'le')));
    });
    const { url } = await resources.serve({ endpoints: [endpoint], ...overHttp2() });
    expect(await request(url)).toMatchObject({ text: 'whole', headers: { 'content-length': '5' } });
  });

  test.each([
    ['an error', http2.constants.NGHTTP2_INTERNAL_ERROR],
    ['no error, as Envoy does,', http2.constants.NGHTTP2_NO_ERROR],
  ])('that is reset with %s leaves the win to another endpoint', async (_, code) => {
    const bad = await start((socket, stream) => {
      socket.write(Buffer.concat([headers(stream), data(stream, 'half')]));
      later(10, () => socket.write(reset(stream, code)));
    });
    const good = await resources.start(answering(200, 'whole'));
    const { url } = await resources.serve({ endpoints: [bad, good.url], strategy: 'failover', ...overHttp2() });
    expect((await request(url)).text).toBe('whole');
  });
});

describe('a client of HTTP/2', () => {
  test('gets the length of a response that was held whole', async () => {
    const endpoint = await resources.start((_req, res) => {
      res.write('who');
      later(5, () => res.end('le'));
    });
    const proxy = (await resources.serve({ endpoints: [endpoint.url] })).proxy;
    const server = await resources.listen(http2.createServer((req, res) => proxy(req as never, res as never)));
    const answer = await sendHttp2(`${server.url}/`).answer;
    expect([answer.headers['content-length'], await textOf(answer)]).toEqual(['5', 'whole']);
  });
});

describe('while responses are held', () => {
  test('a client that goes away leaves nothing behind', async () => {
    const endpoints = [
      await resources.startHeld((res) => res.write('half')),
      await resources.startHeld((res) => res.write('half')),
    ];
    const urls = endpoints.map(({ url }) => url);
    const served = await resources.serve({ endpoints: urls, ...long, timeouts: { idleMs: 60_000 } });
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    for (const { first } of endpoints) await first;
    client.destroy();
    for (const { idle } of endpoints) await idle();
    await served.proxy.close();
    expect(served.proxy.endpoints).toMatchObject([
      { inFlight: 0, cancelled: 1 },
      { inFlight: 0, cancelled: 1 },
    ]);
  });

  test('the total time can run out', async () => {
    const endpoint = await resources.startHeld((res) => res.write('half'));
    const served = await resources.serve({ endpoints: [endpoint.url], timeouts: { totalMs: 50 }, ...long });
    expect(await request(served.url)).toMatchObject({ status: 504, text: '504 ERR_BRP_TOTAL_TIMEOUT\n' });
    await endpoint.idle();
  });

  test('the first one that is whole wins, and the others are cancelled', async () => {
    const slow = await resources.startHeld((res) => res.write('half'));
    const good = await resources.start(async (_req, res) => {
      await slow.first;
      res.write('who');
      later(5, () => res.end('le'));
    });
    const served = await resources.serve({ endpoints: [slow.url, good.url], ...long });
    expect((await request(served.url)).text).toBe('whole');
    await slow.idle();
    await until(() => served.events.at(-1)?.type === 'request-ended');
    expect(served.events.at(-1)).toMatchObject({
      winner: good.url,
      attempts: [{ outcome: 'cancelled', status: 200 }, { outcome: 'won' }],
    });
  });

  test('those that are whole within the grace of the losers keep their connections', async () => {
    const connections = new Set<Socket | undefined>();
    const start = () =>
      resources.startAt((req, res) => {
        connections.add(req.socket);
        res.write('who');
        setImmediate(() => res.end('le'));
      });
    const endpoints = [await start(), await start()];
    const served = await resources.serve({ endpoints, loserGraceMs: 5_000 });
    for (let i = 0; i < 5; i++) {
      expect((await request(served.url)).text).toBe('whole');
      await until(() => served.events.filter(({ type }) => type === 'request-ended').length, i + 1);
    }
    expect(connections.size).toBe(2);
  });
});

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
