import { gzipSync } from 'node:zlib';
import { type BalancingProxyOptions, gotTransport } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';
import {
  contentOf,
  endOf,
  faultsOf,
  type MirrorSettings,
  outcomesOf,
  serveMirrors,
  sha256,
  startHttp2Mirror,
  startMirror,
} from './mirror.ts';

const resources = leakCheckedResources();
const content = contentOf(300_000);
const whole = sha256(content);

const serve = (
  mirrors: ReadonlyArray<Partial<MirrorSettings>>,
  options?: Partial<BalancingProxyOptions>,
  start = startMirror,
) =>
  serveMirrors(
    resources,
    mirrors.map((mirror) => ({ content, isChunked: true, ...mirror })),
    { resume: 'replay', ...options },
    start,
  );

const breaking = { breaksAt: [150_000, 100_000] };

describe.each(['race', 'hedge', 'failover', 'single'] as const)('under %s', (strategy) => {
  test.each(['fin', 'rst', 'silence'] as const)('a chunked body that breaks off by %s arrives whole', async (how) => {
    const served = await serve([{ ...breaking, how }, { ...breaking, how }, {}], {
      strategy,
      timeouts: { idleMs: 100 },
    });
    expect(sha256((await request(served.url)).body)).toBe(whole);
    await endOf(served);
    await until(() => served.proxy.endpoints.every(({ inFlight }) => inFlight === 0));
  });
});

describe.each([
  ['HTTP/1.1', startMirror, {}],
  ['HTTP/2', startHttp2Mirror, { transport: gotTransport({ http2: true }), tls: { rejectUnauthorized: false } }],
] as const)('over %s', (_, start, options) => {
  const etag = { ETag: '"one"' };
  test.each<[string, Partial<MirrorSettings>, Partial<BalancingProxyOptions>]>([
    ['of unknown length', {}, {}],
    ['of a length', { isChunked: false }, {}],
    ['of a length and with an ETag', { isChunked: false, headers: etag }, {}],
    ['of a length and with an ETag, by range', { isChunked: false, headers: etag }, { resume: 'range' }],
    ['that is encoded', { content: gzipSync(content), headers: { 'Content-Encoding': 'gzip' } }, {}],
  ])('a body %s arrives whole', async (_name, mirror, more) => {
    const endless = { ...mirror, breaksAt: Array(20).fill(100_000) };
    const transport = 'transport' in options ? { transport: gotTransport({ http2: true }) } : {};
    const served = await serve(
      [endless, { ...endless, breaksAt: [120_000, 110_000] }, mirror],
      { ...options, ...transport, ...more },
      start,
    );
    const { body } = await request(served.url);
    expect(sha256(body)).toBe(sha256(mirror.content ?? content));
    expect((await endOf(served)).resumes).toBeGreaterThan(0);
  });
});

test('a range of the client is asked for again, and compared', async () => {
  const served = await serve([{ ...breaking, isChunked: false }, { isChunked: false }]);
  const { status, body } = await request(served.url, { headers: { range: 'bytes=50000-', 'If-Range': '"x"' } });
  expect([status, served.mirrors[1]?.asked[0]?.range]).toEqual([200, undefined]);
  expect(sha256(body)).toBe(whole);
  const other = await request(served.url, { headers: { range: 'bytes=50000-' } });
  expect([other.status, sha256(other.body)]).toEqual([206, sha256(content.subarray(50_000))]);
  expect(served.mirrors[1]?.asked[1]?.range).toBe('bytes=50000-');
});

test('nothing but the end may be missing', async () => {
  const served = await serve([{ breaksAt: [300_000] }, {}]);
  expect(sha256((await request(served.url)).body)).toBe(whole);
  expect(outcomesOf(await endOf(served))).toEqual([
    'mirror 0 first won ERR_BRP_CONNECTION_LOST',
    'mirror 1 resume resumed',
  ]);
});

test('trailers are those of the response that has given the end', async () => {
  const withTrailers = async (name: string, breaks: boolean) =>
    (
      await resources.start((_, res) => {
        res.writeHead(200, { Trailer: 'X-From' });
        if (breaks) return void res.write(content, () => setImmediate(() => res.destroy()));
        res.write(content);
        res.addTrailers({ 'X-From': name });
        res.end();
      })
    ).url;
  const endpoints = [await withTrailers('first', true), await withTrailers('second', false)];
  const { url } = await resources.serve({ endpoints, strategy: 'failover', resume: 'replay' });
  expect((await request(url)).trailers).toEqual({ 'x-from': 'second' });
});

describe('a response is not gone on with', () => {
  const changed = Buffer.from(content).fill(0, 0, 1);
  const shorter = content.subarray(0, 100);

  test.each<[string, Partial<MirrorSettings>, Partial<MirrorSettings>, string]>([
    ['that differs in one byte', {}, { content: changed }, 'its first bytes are not those that the client has'],
    ['that is too short', {}, { content: shorter }, 'its first bytes are not those that the client has'],
    ['that says so', {}, { content: shorter, isChunked: false }, 'its Content-Length is less than what the client has'],
    ['of another status', {}, { status: 203 }, 'its status is 203 and not 200'],
    ['of another weak ETag', { headers: { ETag: 'W/"1"' } }, { headers: { ETag: 'W/"2"' } }, 'its ETag is another one'],
    ['of another encoding', {}, { headers: { 'Content-Encoding': 'gzip' } }, 'its Content-Encoding is another one'],
    [
      'of another type',
      { headers: { 'Content-Type': 'text/plain' } },
      { headers: { 'Content-Type': 'text/html' } },
      'its Content-Type is another one',
    ],
    [
      'of another date',
      { headers: { 'Last-Modified': 'a' } },
      { headers: { 'Last-Modified': 'b' } },
      'its Last-Modified is another one',
    ],
    [
      'of another length',
      { isChunked: false },
      { isChunked: false, content: Buffer.concat([content, content]) },
      'its Content-Length is another one',
    ],
    [
      'of the same strong ETag and other bytes',
      { isChunked: false, headers: { ETag: '"1"' } },
      { isChunked: false, headers: { ETag: '"1"' }, content: changed },
      'its first bytes are not those that the client has',
    ],
  ])('%s', async (_, first, second, why) => {
    const served = await serve([{ ...first, breaksAt: [150_000, 0] }, second]);
    await expect(request(served.url)).rejects.toThrow(/aborted/);
    expect(faultsOf(await endOf(served))[0]).toBe(why);
  });
});

test('the next endpoint is asked when the bytes of one differ', async () => {
  const served = await serve([breaking, { content: contentOf(300_000, 2) }, {}]);
  expect(sha256((await request(served.url)).body)).toBe(whole);
  expect((await endOf(served)).servedBy).toBe('mirror 2');
});

test('what has an ETag is asked for by range when much is there already, or as it comes where no range is heeded', async () => {
  const large = { content: contentOf(10_000_000), isChunked: false, headers: { ETag: '"1"' } };
  const first = { ...large, breaksAt: [9_500_000], how: 'fin' } as const;
  const second = { ...large, breaksAt: [9_800_000], how: 'fin', hasRanges: false } as const;
  const served = await serve([first, second, large], { hedge: { maxDelayMs: 60_000 } });
  expect(sha256((await request(served.url)).body)).toBe(sha256(large.content));
  const { resumes, attempts } = await endOf(served);
  expect([resumes, attempts.map(({ status }) => status)]).toEqual([2, [200, 200, 206]]);
});

test('a body is read past without being kept', async () => {
  const large = { content: contentOf(30_000_000) };
  const served = await serve([{ ...large, breaksAt: [29_000_000] }, large]);
  expect(sha256((await request(served.url)).body)).toBe(sha256(large.content));
});

test('the client may leave while a body is compared', async () => {
  const held = await resources.startHeld((res) => void res.writeHead(200).write(content.subarray(0, 1_000)));
  const first = await startMirror(resources, { content, isChunked: true, ...breaking });
  const endpoints = [first.url, held.url];
  const served = await resources.serve({
    endpoints,
    strategy: 'failover',
    resume: 'replay',
    hedge: { maxDelayMs: 60_000 },
  });
  const left = new AbortController();
  const answered = request(served.url, { signal: left.signal }).catch(() => {});
  await held.first;
  left.abort();
  await answered;
  const { error, attempts } = await endOf(served);
  expect([error?.code, attempts.map(({ outcome }) => outcome)]).toEqual(['ERR_BRP_CLIENT_GONE', ['won', 'cancelled']]);
  await held.idle();
  expect(served.proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
});

test.each(['fin', 'silence'] as const)(
  'one that breaks off by %s while it is compared is followed by the next',
  async (how) => {
    const served = await serve([breaking, { breaksAt: [1_000], how }, {}], {
      timeouts: { idleMs: 100 },
      hedge: { maxDelayMs: 60_000 },
    });
    expect(sha256((await request(served.url)).body)).toBe(whole);
    const codes = { fin: 'failed ERR_BRP_CONNECTION_LOST', silence: 'timed-out ERR_BRP_IDLE_TIMEOUT' };
    expect(outcomesOf(await endOf(served))[1]).toBe(`mirror 1 resume ${codes[how]}`);
  },
);
