import type { IncomingMessage, ServerResponse } from 'node:http';
import http from 'node:http';
import http2 from 'node:http2';
import { type EndpointOptions, gotTransport, nodeTransport, type Transport } from '../../src/index.ts';
import { testCertificate } from '../../src/testing/testing.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { contentOf, endOf, type MirrorSettings, outcomesOf, sha256, startMirror } from './mirror.ts';

const resources = leakCheckedResources();

/** Each transport, with the protocol that its endpoints speak. */
const transports: ReadonlyArray<readonly [name: string, isHttp2: boolean, create: () => Transport]> = [
  ['got', false, () => gotTransport()],
  ['node', false, () => nodeTransport()],
  ['undici', false, () => undiciTransport()],
  ['HTTP/2', true, () => nodeTransport({ http2: true })],
];

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** Starts an endpoint, and gives its URL. */
async function start(isHttp2: boolean, listener: Listener): Promise<string> {
  if (!isHttp2) return (await resources.listen(http.createServer(listener))).url;
  const { url } = await resources.listen(http2.createSecureServer({ ...testCertificate }, listener as never));
  return url.replace('http:', 'https:');
}

const trusting = { tls: { ca: testCertificate.cert } };

/** A listener that sends a head and some of the body, and then nothing. */
const begins =
  (headers: http.OutgoingHttpHeaders, body = 'half'): Listener =>
  (_, res) => {
    res.writeHead(200, headers).flushHeaders();
    if (body) res.write(body);
  };

const generous = { connectMs: 60_000, responseMs: 60_000, firstByteMs: 60_000, idleMs: 60_000 };

/** What each limit of time ends, as an endpoint does it. */
const limits: ReadonlyArray<
  readonly [own: NonNullable<EndpointOptions['timeouts']>, what: string, listener: Listener]
> = [
  [{ responseMs: 50 }, 'RESPONSE', hanging as Listener],
  [{ firstByteMs: 50 }, 'FIRST_BYTE', begins({}, '')],
  [{ idleMs: 50 }, 'IDLE', begins({ 'Content-Length': 9 })],
];

describe.each(transports)('over %s, an endpoint', (_, isHttp2, create) => {
  test.each(limits)('keeps its own limit %j', async (timeouts, what, listener) => {
    const url = await start(isHttp2, listener);
    const good = await start(isHttp2, answering(200, 'good') as Listener);
    const served = await resources.serve({
      endpoints: [{ url, name: 'bad', timeouts }, good],
      strategy: 'failover',
      transport: create(),
      timeouts: generous,
      winAt: 'first-byte',
      ...trusting,
    });
    expect((await request(served.url)).text).toBe('good');
    const [first] = outcomesOf(await endOf(served));
    expect(first).toBe(`bad first timed-out ERR_BRP_${what}_TIMEOUT`);
  });

  test('keeps its own time to connect, while another one of the same URL has the general one', async () => {
    const silent = await resources.startTcp((socket) => void socket.resume());
    const url = silent.url.replace('http:', 'https:');
    const served = await resources.serve({
      endpoints: [url, { url, name: 'hasty', timeouts: { connectMs: 50 } }],
      transport: create(),
      timeouts: { ...generous, connectMs: 400 },
    });
    await request(served.url);
    const { attempts } = await endOf(served);
    expect(attempts.map(({ error }) => error?.message)).toEqual([
      expect.stringMatching(/within 400 ms/),
      expect.stringMatching(/within 50 ms/),
    ]);
  });

  test('waits longer than others where it is given the time, as a second endpoint of the same URL', async () => {
    const url = await start(isHttp2, late(300, answering(200, 'late')) as Listener);
    const served = await resources.serve({
      endpoints: [url, { url, timeouts: { responseMs: 60_000 } }],
      strategy: 'failover',
      transport: create(),
      timeouts: { responseMs: 100 },
      ...trusting,
    });
    expect((await request(served.url)).text).toBe('late');
    expect(outcomesOf(await endOf(served))).toEqual([
      `${url} first timed-out ERR_BRP_RESPONSE_TIMEOUT`,
      `${url}#2 failure won`,
    ]);
  });

  test.each(['buffered', 'streamed'])('keeps its own idle time while it takes a body that is %s', async (how) => {
    const body = Buffer.alloc(8_000_000, 'x');
    const url = await start(isHttp2, (req) => void req.pause());
    const served = await resources.serve({
      endpoints: [{ url, timeouts: { idleMs: 150 } }],
      transport: create(),
      timeouts: generous,
      ...(how === 'buffered' ? { bodyLimitBytes: body.length } : { bodyLimitBytes: 1, largeBody: 'stream' as const }),
      ...trusting,
    });
    const received = request(served.url, { method: 'POST', headers: { 'Content-Length': body.length }, body });
    await received.catch(() => {});
    const { attempts } = await endOf(served);
    expect(attempts).toMatchObject([{ outcome: 'timed-out', error: { code: 'ERR_BRP_IDLE_TIMEOUT' } }]);
  });
});

describe('the time for functions of the user', () => {
  test.each(['isUsable', 'rewriteResponse'] as const)(
    'is that for the response of their endpoint: %s',
    async (name) => {
      const endpoint = await resources.startSaying('ok');
      const served = await resources.serve({
        endpoints: [{ url: endpoint.url, timeouts: { responseMs: 100 } }],
        timeouts: generous,
        [name]: () => new Promise(() => {}),
      });
      expect((await request(served.url)).status).toBeGreaterThanOrEqual(500);
    },
  );
});

describe('the idle time of an endpoint', () => {
  const content = contentOf(300_000);
  const mirror = { content, headers: { ETag: '"one"' }, how: 'silence' } as const;
  const own = { timeouts: { idleMs: 100 } };

  test.each<[string, ReadonlyArray<readonly [Partial<MirrorSettings>, Partial<EndpointOptions>]>]>([
    ['the winner', [[{ breaksAt: [150_000] }, own]]],
    [
      'one that goes on with its body',
      [
        [{ breaksAt: [150_000], how: 'rst' }, {}],
        [{ breaksAt: [50_000] }, own],
      ],
    ],
    [
      'one that is to go on, and gives nothing',
      [
        [{ breaksAt: [150_000], how: 'rst' }, {}],
        [{ breaksAt: [0] }, own],
      ],
    ],
  ])('holds for %s', async (_, bad) => {
    const endpoints: EndpointOptions[] = [];
    for (const [index, [settings, options]] of [...bad, [{}, {}] as const].entries()) {
      const { url } = await startMirror(resources, { ...mirror, ...settings });
      endpoints.push({ url, name: `${index}`, ...options });
    }
    const served = await resources.serve({ endpoints, strategy: 'failover', timeouts: generous });
    const { body } = await request(served.url);
    expect(sha256(body)).toBe(sha256(content));
    const end = await endOf(served);
    expect(end.servedBy).toBe(`${bad.length}`);
    expect(outcomesOf(end)[bad.length - 1]).toMatch(/ERR_BRP_IDLE_TIMEOUT$/);
  });

  test('holds for an unusable response that is all there is', async () => {
    const { url } = await resources.start((_, res) => void res.writeHead(500, { 'Content-Length': 9 }).write('half'));
    const served = await resources.serve({ endpoints: [{ url, timeouts: { idleMs: 50 } }], timeouts: generous });
    expect((await request(served.url)).text).toBe('502 ERR_BRP_EXHAUSTED\n');
  });
});

describe('the terminal statuses of an endpoint', () => {
  test.each([
    { general: undefined, own: '200', status: 200, why: 'are fewer' },
    { general: undefined, own: '!404', status: 200, why: 'exclude one' },
    { general: '200', own: ['200', 404], status: 404, why: 'are more' },
    { general: '200', own: undefined, status: 200, why: 'are the general ones' },
  ])('$why', async ({ general, own, status }) => {
    const [partial, full] = [await resources.start(answering(404, '')), await resources.start(answering(200, ''))];
    const served = await resources.serve({
      endpoints: [{ url: partial.url, ...(own && { terminalStatuses: own }) }, full.url],
      strategy: 'failover',
      ...(general && { terminalStatuses: general }),
    });
    expect((await request(served.url)).status).toBe(status);
  });
});

describe('`maxInFlight` of an endpoint', () => {
  test('limits it alone', async () => {
    const small = await resources.startHeld();
    const large = await resources.startHeld();
    const served = await resources.serve({
      endpoints: [{ url: small.url, maxInFlight: 1 }, large.url],
      strategy: 'failover',
      maxInFlight: 3,
    });
    const received = [1, 2, 3, 4, 5].map(() => request(served.url));
    await until(() => small.held.length === 1 && large.held.length === 3);
    for (const res of [...small.held, ...large.held]) res.end('ok');
    const statuses = (await Promise.all(received)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 200, 200, 503]);
  });

  test('holds at once when a function gives another one for the same endpoint', async () => {
    const endpoint = await resources.startHeld();
    const served = await resources.serve({
      endpoints: ({ url }) => [{ url: endpoint.url, ...(url !== '/' && { maxInFlight: Number(url?.slice(1)) }) }],
      maxInFlight: 3,
    });
    const first = request(`${served.url}/1`);
    await until(() => endpoint.held.length === 1);
    expect((await request(`${served.url}/1`)).status).toBe(503);
    const second = request(`${served.url}/2`);
    await until(() => endpoint.held.length === 2);
    expect((await request(`${served.url}/2`)).status).toBe(503);
    const third = request(served.url);
    await until(() => endpoint.held.length === 3);
    for (const res of endpoint.held) res.end('ok');
    expect((await Promise.all([first, second, third])).map(({ text }) => text)).toEqual(['ok', 'ok', 'ok']);
    expect(served.proxy.endpoints).toHaveLength(1);
  });
});
