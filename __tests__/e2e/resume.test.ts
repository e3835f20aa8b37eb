import http from 'node:http';
import compression from 'compression';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { frames, type Middleware } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { startRaw } from '../helpers/raw.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import {
  contentOf,
  endOf,
  faultsOf,
  type MirrorSettings,
  outcomesOf,
  type ServedMirrors,
  serveMirrors,
  sha256,
  startMirror,
} from './mirror.ts';

const resources = leakCheckedResources();
const content = contentOf(300_000);
const whole = sha256(content);
const ETag = '"one"';
const good = { headers: { ETag } };
const breaking = { headers: { ETag }, breaksAt: [150_000] };

/** Serves a proxy for mirrors of the content. */
const serve = (mirrors: ReadonlyArray<Partial<MirrorSettings>>, options?: Partial<BalancingProxyOptions>) =>
  serveMirrors(
    resources,
    mirrors.map((mirror) => ({ content, ...mirror })),
    options,
  );

const isBusy = ({ proxy }: Pick<ServedMirrors, 'proxy'>) => proxy.endpoints.some(({ inFlight }) => inFlight > 0);

/** The client sees a broken message, whose cause is the first break. @returns how the request ended. */
async function expectBroken(served: ServedMirrors, settings: http.RequestOptions = {}) {
  await expect(request(served.url, settings)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  const end = await endOf(served);
  expect(end.error?.code).toBe('ERR_BRP_CONNECTION_LOST');
  await until(() => !isBusy(served));
  return end;
}

describe.each(['race', 'hedge', 'failover', 'single'] as const)('under %s', (strategy) => {
  test.each(['fin', 'rst', 'silence'] as const)('a body that breaks off by %s arrives whole', async (how) => {
    const twice = { ...breaking, breaksAt: [150_000, 50_000], how };
    const served = await serve([twice, twice, good], { strategy, timeouts: { idleMs: 100 } });
    const { status, headers, body } = await request(served.url);
    expect([status, headers.etag, headers['content-length'], sha256(body)]).toEqual([200, ETag, '300000', whole]);
    expect((await endOf(served)).strategy).toBe(strategy);
    await until(() => !isBusy(served));
  });
});

test.each([
  ['replay', 200, 'whole'],
  ['off', 502, '502 ERR_BRP_CONNECTION_LOST\n'],
] as const)(
  'a body that broke off before anything of it was sent on is begun by another endpoint: %s',
  async (resume, status, text) => {
    const garbage = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';
    const broken = resources.use(await startRaw(garbage));
    const sound = await resources.start(answering(200, 'whole'));
    const endpoints = [broken.url, sound.url];
    const served = await resources.serve({ endpoints, strategy: 'failover', holdMs: 0, resume });
    expect(await request(served.url)).toMatchObject({ status, text });
    expect(await endOf(served)).toMatchObject({ resumes: resume === 'off' ? 0 : 1 });
  },
);

test('the break and what mended it are told', async () => {
  const served = await serve([breaking, good]);
  await request(served.url);
  const end = await endOf(served);
  expect(outcomesOf(end)).toEqual(['mirror 0 first won ERR_BRP_CONNECTION_LOST', 'mirror 1 resume resumed']);
  const { winner, servedBy, resumes, bytes, error, status } = end;
  expect([winner, servedBy, resumes, bytes, error, status]).toEqual([
    'mirror 0',
    'mirror 1',
    1,
    300_000,
    undefined,
    200,
  ]);
  expect(served.proxy.endpoints[0]).toMatchObject({ successes: 1, wins: 1, healthRatio: 15 / 16, inFlight: 0 });
  expect(served.proxy.endpoints[1]).toMatchObject({ successes: 1, wins: 0, healthRatio: 1, inFlight: 0 });
});

describe('a range of the client', () => {
  test.each([
    { range: 'bytes=1000-250000', contentRange: 'bytes 1000-250000/300000', last: 250_000 },
    { range: 'bytes=20000-', contentRange: 'bytes 20000-299999/300000', last: 299_999 },
    { range: 'bytes=-280000', contentRange: 'bytes 20000-299999/300000', last: 299_999 },
  ])('is gone on with to its end: $range', async ({ range, contentRange, last }) => {
    const served = await serve([breaking, good]);
    const { status, headers, body } = await request(served.url, { headers: { range } });
    const first = last + 1 - body.length;
    expect([status, headers['content-range'], first]).toEqual([
      206,
      contentRange,
      range === 'bytes=1000-250000' ? 1_000 : 20_000,
    ]);
    expect(sha256(body)).toBe(sha256(content.subarray(first, last + 1)));
    const asked = served.mirrors[1]?.asked[0];
    const atByte = (await endOf(served)).attempts[0]?.brokeOff?.atByte ?? 0;
    expect([asked?.range, asked?.['if-range']]).toEqual([`bytes=${first + atByte}-${last}`, ETag]);
  });

  test('takes no condition along into the request for the rest', async () => {
    const served = await serve([breaking, good]);
    const conditions = {
      'If-None-Match': '"other"',
      'If-Match': '*',
      'If-Modified-Since': new Date(0).toUTCString(),
      'If-Unmodified-Since': new Date().toUTCString(),
    };
    await request(served.url, {
      headers: { ...conditions, Range: 'bytes=0-', 'If-Range': ETag, Accept: 'text/plain' },
    });
    const names = Object.keys(served.mirrors[1]?.asked[0] ?? {});
    expect(names.filter((name) => name.startsWith('if-'))).toEqual(['if-range']);
    expect(names).toContain('accept');
  });
});

describe('several breaks', () => {
  const often = { ...good, breaksAt: Array(20).fill(30_000) };

  test('are mended as long as each endpoint brings something', async () => {
    const served = await serve([often, often, often]);
    expect(sha256((await request(served.url)).body)).toBe(whole);
    const { resumes, attempts } = await endOf(served);
    expect(resumes).toBeGreaterThanOrEqual(9);
    expect(attempts).toHaveLength(resumes + 1);
    expect(attempts.slice(1, -1).every(({ outcome, error }) => outcome === 'resumed' && error)).toBe(true);
  });

  test('are mended up to `maxResumes`', async () => {
    const served = await serve([often, often], { maxResumes: 3 });
    const { resumes, attempts } = await expectBroken(served);
    expect([resumes, attempts.length]).toEqual([3, 4]);
  });

  test('are mended beyond `maxResumes` as long as 8 MiB come between them', async () => {
    const large = Buffer.alloc(30_000_000, contentOf(1_000_003));
    const seldom = { ...good, content: large, breaksAt: Array(4).fill(9_000_000), how: 'fin' as const };
    const served = await serve([seldom, seldom], { maxResumes: 1 });
    expect(sha256((await request(served.url)).body)).toBe(sha256(large));
    expect((await endOf(served)).resumes).toBe(3);
  });
});

test('an endpoint that broke off is asked last, and may go on itself', async () => {
  const served = await serve([breaking, { ...good, headers: { ETag: '"two"' } }]);
  expect(sha256((await request(served.url)).body)).toBe(whole);
  expect(outcomesOf(await endOf(served))).toEqual([
    'mirror 0 first won ERR_BRP_CONNECTION_LOST',
    'mirror 1 resume failed ERR_BRP_NOT_RESUMED',
    'mirror 0 resume resumed',
  ]);
});

describe('an endpoint that was no use to this very request is asked for the rest after others:', () => {
  const absent = { ...good, status: 404, hasRanges: false };

  test.each<[string, Partial<MirrorSettings>]>([
    ['its status was not preferred', absent],
    ['its status was not usable', { ...absent, status: 503 }],
    [
      'it broke off before anything of it was used',
      { ...good, content: contentOf(300), isChunked: true, breaksAt: [10] },
    ],
  ])('%s', async (_, poor) => {
    const twice = { ...breaking, breaksAt: [100_000, 50_000] };
    const served = await serve([poor, twice, twice, good], { preferStatuses: '200' });
    expect(sha256((await request(served.url)).body)).toBe(whole);
    const { attempts } = await endOf(served);
    expect(attempts.map(({ endpoint }) => endpoint)).toEqual([0, 1, 2, 3].map((index) => `mirror ${index}`));
  });

  test('but before the one that broke off', async () => {
    const served = await serve([absent, breaking], { preferStatuses: '200' });
    expect(sha256((await request(served.url)).body)).toBe(whole);
    expect(outcomesOf(await endOf(served))).toEqual([
      'mirror 0 first lost',
      'mirror 1 failure won ERR_BRP_CONNECTION_LOST',
      'mirror 0 resume failed ERR_BRP_NOT_RESUMED',
      'mirror 1 resume resumed',
    ]);
  });
});

test('endpoints that break off again and again do not keep others from being asked', async () => {
  const often = { ...good, breaksAt: Array(20).fill(10_000) };
  const served = await serve([often, often, good]);
  expect(sha256((await request(served.url)).body)).toBe(whole);
  const { attempts } = await endOf(served);
  expect(attempts.map(({ endpoint }) => endpoint)).toEqual(['mirror 0', 'mirror 1', 'mirror 2']);
});

test('the body of a GET is sent again with the request for the rest', async () => {
  const served = await serve([breaking, good]);
  expect(sha256((await request(served.url, { headers: { 'Content-Length': 5 }, body: 'which' })).body)).toBe(whole);
  expect(served.mirrors.map(({ asked }) => asked[0]?.['content-length'])).toEqual(['5', '5']);
});

test('the only place of an endpoint is free for its own rest', async () => {
  const served = await serve([breaking], { maxInFlight: 1 });
  expect(sha256((await request(served.url)).body)).toBe(whole);
});

test('a drained endpoint is not asked for the rest', async () => {
  const served = await serve([breaking, good, good]);
  served.proxy.drain('mirror 1');
  expect(sha256((await request(served.url)).body)).toBe(whole);
  expect((await endOf(served)).servedBy).toBe('mirror 2');
});

test('the next endpoint is asked when one that is asked for the rest is slow', async () => {
  const first = await startMirror(resources, { content, ...breaking });
  const second = await startMirror(resources, { content, ...good });
  let asked = 0;
  const slow = await resources.start((req, res) => (asked++ === 0 ? hanging(req, res) : undefined));
  const endpoints = [first.url, slow.url, second.url];
  const served = await resources.serve({ endpoints, strategy: 'failover', hedge: { maxDelayMs: 50 } });
  expect(sha256((await request(served.url)).body)).toBe(whole);
  const { attempts } = await endOf(served);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['won', 'cancelled', 'resumed']);
});

describe('nothing is resumed, and the client sees a broken message,', () => {
  test.each<[string, Partial<MirrorSettings>, Partial<BalancingProxyOptions>, http.RequestOptions]>([
    ["with `resume: 'off'`", breaking, { resume: 'off' }, {}],
    ['with `maxResumes: 0`', breaking, { maxResumes: 0 }, {}],
    ['without an ETag', { ...breaking, headers: {} }, {}, {}],
    ['with a weak ETag', { ...breaking, headers: { ETag: 'W/"one"' } }, {}, {}],
    ['with `Accept-Ranges: none`', { ...breaking, headers: { ETag, 'Accept-Ranges': 'none' } }, {}, {}],
    ['without a length', { ...breaking, isChunked: true }, {}, {}],
    ['for POST', breaking, {}, { method: 'POST' }],
    ['for several ranges', breaking, {}, { headers: { range: 'bytes=0-9,20-29' } }],
    ['for events', { ...breaking, headers: { ETag, 'Content-Type': 'text/event-stream' } }, { resume: 'replay' }, {}],
    ['for other statuses', { ...breaking, status: 203 }, { resume: 'replay' }, {}],
  ])('%s', async (_, mirror, options, settings) => {
    const served = await serve([mirror, mirror, mirror], { strategy: 'failover', ...options });
    const { attempts, resumes } = await expectBroken(served, settings);
    expect([attempts.length, resumes]).toEqual([1, 0]);
    expect(attempts[0]).toMatchObject({ outcome: 'won', error: { code: 'ERR_BRP_CONNECTION_LOST' } });
  });

  test('for a response that won nothing', async () => {
    const unusable = { ...breaking, status: 500 };
    const { attempts } = await expectBroken(await serve([unusable, { ...unusable, breaksAt: [150_000] }]));
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['unusable', 'unusable']);
  });
});

describe('a response is refused that', () => {
  const changed = Buffer.from(content).fill(0);

  test.each<[string, Partial<MirrorSettings>, string]>([
    ['is of another version', { content: changed, headers: { ETag: '"two"' } }, 'its status is 200 and not 206'],
    ['heeds no range', { hasRanges: false }, 'its status is 200 and not 206'],
    ['gives another ETag', { headers: { ETag: '"two"' }, heedsCondition: false }, 'its ETag is another one'],
    ['gives a weak ETag', { headers: { ETag: 'W/"one"' }, heedsCondition: false }, 'its ETag is another one'],
    [
      'is of a longer whole',
      { content: Buffer.concat([content, content]) },
      'its Content-Range is not the one that was asked for',
    ],
    [
      'has a later date',
      { headers: { ETag, 'Last-Modified': 'Tue, 02 Jan 2024 00:00:00 GMT' } },
      'its Last-Modified is another one',
    ],
    ['is encoded', { headers: { ETag, 'Content-Encoding': 'gzip' } }, 'its Content-Encoding is another one'],
    [
      'gives no whole length',
      { headers: { ETag, 'Content-Range': 'bytes 0-1/*' } },
      'its Content-Range is not the one that was asked for',
    ],
  ])('%s', async (_, other, why) => {
    const dated = { ETag, 'Last-Modified': 'Mon, 01 Jan 2024 00:00:00 GMT' };
    const first = { headers: dated, breaksAt: [150_000, 0, 0], how: 'rst' } as const;
    const served = await serve([first, { ...good, ...other }]);
    const end = await expectBroken(served);
    expect(faultsOf(end)).toEqual([why, 'the endpoint broke off its response body']);
  });

  test.each<[string, () => Promise<string>, string]>([
    ['is an error', async () => (await resources.start(answering(503, 'no'))).url, 'failed ERR_BRP_NOT_RESUMED'],
    ['does not come', refusedUrl, 'failed ERR_BRP_CONNECT'],
    ['takes too long', async () => (await resources.start(hanging)).url, 'timed-out ERR_BRP_RESPONSE_TIMEOUT'],
  ])('%s', async (_, start, outcome) => {
    const first = await startMirror(resources, { content, ...good, breaksAt: [150_000, 0] });
    const served = await resources.serve({
      endpoints: [first.url, await start()],
      strategy: 'failover',
      timeouts: { responseMs: 100 },
    });
    const end = await expectBroken({ ...served, mirrors: [] });
    expect(outcomesOf(end)[1]).toContain(`resume ${outcome}`);
  });
});

test('an endpoint that asks to be left alone cools down', async () => {
  const first = await startMirror(resources, { content, ...breaking });
  const busy = await resources.start(answering(429, 'later', { 'Retry-After': '60' }));
  const served = await resources.serve({ endpoints: [first.url, busy.url], strategy: 'failover' });
  expect(sha256((await request(served.url)).body)).toBe(whole);
  expect(served.proxy.endpoints[1]?.state).toBe('cooling');
});

test('`rewriteRequest` has its say in the request for the rest, `isUsable` and `rewriteResponse` do not', async () => {
  const asked: string[] = [];
  const served = await serve([breaking, good], {
    rewriteRequest: (headers, { endpoint }) => ({ ...headers, 'x-to': endpoint }),
    isUsable: () => asked.push('isUsable') > 0,
    rewriteResponse: (headers) => (asked.push('rewriteResponse') > 0 ? headers : undefined),
  });
  expect(sha256((await request(served.url)).body)).toBe(whole);
  expect(served.mirrors[1]?.asked[0]?.['x-to']).toBe('mirror 1');
  expect(asked).toEqual(['isUsable', 'rewriteResponse']);
});

describe.each(frames)('to a client of $name', (frame) => {
  test.each<[string, (proxy: Middleware) => Middleware]>([
    ['bare', (proxy) => proxy],
    [
      'through compression',
      (proxy) => (req, res, next) => compression()(req as never, res as never, () => proxy(req, res, next)),
    ],
  ])('a body that breaks off twice arrives whole, %s', async (_, around) => {
    const mirrors = [];
    for (const mirror of [breaking, breaking, good]) mirrors.push(await startMirror(resources, { content, ...mirror }));
    const proxy = resources.use(
      createBalancingProxy({ endpoints: mirrors.map(({ url }) => url), strategy: 'failover' }),
    );
    const { url } = resources.use(await frame.start({ mounts: { '/': around(proxy) } }));
    const { body } = await frame.send(url).answer;
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    expect(sha256(Buffer.concat(chunks))).toBe(whole);
  });
});

describe('a client', () => {
  /** A response that breaks off, while its rest is waited for. */
  async function startWaiting(settings: http.RequestOptions = {}) {
    const first = await startMirror(resources, { content, ...breaking });
    const held = await resources.startHeld();
    const endpoints = [first.url, held.url];
    const served = await resources.serve({ endpoints, strategy: 'failover', hedge: { maxDelayMs: 60_000 } });
    const client = http.request(served.url, { agent: false, ...settings }).end();
    const response = new Promise<http.IncomingMessage>((resolve, reject) =>
      client.on('response', resolve).on('error', reject),
    );
    return { served, client, response, held };
  }

  test('that leaves while the rest is waited for ends all', async () => {
    const { served, client, response, held } = await startWaiting();
    (await response).resume().on('error', () => {});
    await held.first;
    client.destroy();
    const end = await endOf(served);
    expect([end.error?.code, end.attempts.map(({ outcome }) => outcome)]).toEqual([
      'ERR_BRP_CLIENT_GONE',
      ['won', 'cancelled'],
    ]);
    await held.idle();
    expect(isBusy(served)).toBe(false);
  });

  /** A response that breaks off while its client reads nothing. */
  async function startStuck() {
    const first = await startMirror(resources, { content, ...breaking, how: 'silence' });
    const second = await startMirror(resources, { content, ...good });
    const kept: Buffer[] = [];
    let read = (): void => {};
    const served = await resources.serve(
      { endpoints: [first.url, second.url], strategy: 'failover' },
      (proxy) => (req, res) => {
        const write = res.write.bind(res);
        res.write = (chunk: Buffer) => {
          res.flushHeaders();
          return kept.push(chunk) === 0;
        };
        read = () => {
          res.write = write;
          for (const chunk of kept) write(chunk);
          res.emit('drain');
        };
        proxy(req, res);
      },
    );
    const client = http.request(served.url, { agent: false }).end();
    const response = new Promise<http.IncomingMessage>((resolve, reject) =>
      client.on('response', resolve).on('error', reject),
    );
    await until(() => kept.length > 0);
    for (const socket of first.sockets) socket.resetAndDestroy();
    await until(() => served.proxy.endpoints[0]?.healthRatio !== 1);
    return { served, client, response, read: () => read(), second };
  }

  test('that reads nothing is waited for before anybody is asked for the rest', async () => {
    const { served, response, read, second } = await startStuck();
    expect([second.asked.length, isBusy(served)]).toEqual([0, false]);
    read();
    expect(sha256((await readAll(await response)).body)).toBe(whole);
    expect(second.asked).toHaveLength(1);
  });

  test('that leaves when it has read nothing ends all', async () => {
    const { served, client, response, second } = await startStuck();
    (await response).on('error', () => {});
    client.destroy();
    const { error, attempts } = await endOf(served);
    expect([error?.code, attempts.length, second.asked.length]).toEqual(['ERR_BRP_CLIENT_GONE', 1, 0]);
  });
});

test('an app that ends the response while the rest is waited for ends all', async () => {
  const first = await startMirror(resources, { content, ...breaking });
  const held = await resources.startHeld();
  const endpoints = [first.url, held.url];
  let end = (): void => {};
  const served = await resources.serve(
    { endpoints, strategy: 'failover', hedge: { maxDelayMs: 60_000 } },
    (proxy) => (req, res) => {
      end = () => void res.end();
      proxy(req, res);
    },
  );
  const answered = request(served.url).catch(() => {});
  await held.first;
  end();
  expect((await endOf(served)).error?.code).toBe('ERR_BRP_ENDED_BY_APP');
  await held.idle();
  await answered;
  expect(isBusy(served)).toBe(false);
});

test('a client of HTTP/1.0 gets the whole', async () => {
  const served = await serve([breaking, good]);
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  const socket = (await import('node:net')).connect(Number(new URL(served.url).port), '127.0.0.1');
  socket.on('data', (chunk) => void chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
  socket.write('GET / HTTP/1.0\r\n\r\n');
  const received = await promise;
  expect(sha256(received.subarray(received.indexOf('\r\n\r\n') + 4))).toBe(whole);
});
