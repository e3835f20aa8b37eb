import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import type { BalancingProxyOptions, InspectedResponse } from '../../src/index.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { turns } from '../helpers/turns.ts';

type Predicate = NonNullable<BalancingProxyOptions['isUsable']>;

const resources = leakCheckedResources();

const failing = answering(200, '{"error":"out of order"}', { 'X-Result': 'error' });

const goodAfter30Ms = late(30, answering(200, '{"data":1}', { 'X-Result': 'data' }));

const chunked =
  (...chunks: readonly Buffer[]): http.RequestListener =>
  async (req, res) => {
    req.resume();
    for (const chunk of chunks) {
      res.write(chunk);
      // Turn by turn, so that each is a chunk of its own.
      await turns(1);
    }
    res.end();
  };

const hasNoError = async (response: InspectedResponse) => !('error' in JSON.parse(String(await response.body())));

/** A predicate that asks for the body and does not wait for it. */
const askingFirst =
  (judge: () => boolean): Predicate =>
  (response) => {
    void response.body();
    return judge();
  };

const never = new Promise<boolean>(() => {});

describe('a 200 with an error inside', () => {
  test.each<[string, Predicate]>([
    ['looks at the headers', ({ headers }) => headers['x-result'] !== 'error'],
    ['gives a promise', async ({ headers }) => headers['x-result'] !== 'error'],
    ['reads the body', hasNoError],
    ['reads the body twice', async (response) => (await hasNoError(response)) && hasNoError(response)],
    ['throws', ({ headers }) => headers['x-result'] !== 'error' || fail()],
    ['rejects', async ({ headers }) => headers['x-result'] !== 'error' || fail()],
    ['never settles', ({ headers }) => headers['x-result'] !== 'error' || never],
    ['gives no boolean', (({ headers }) => headers['x-result'] === 'data' || undefined) as Predicate],
  ])('loses to a later good answer when the predicate %s', async (_, isUsable) => {
    const endpoints = [await resources.startAt(failing), await resources.startAt(goodAfter30Ms)];
    const { url } = await resources.serve({ endpoints, isUsable, timeouts: { responseMs: 200 } });
    expect((await request(url)).text).toBe('{"data":1}');
  });

  test('is not what the predicate is asked about when the status is not terminal', async () => {
    const seen: number[] = [];
    const endpoints = [await resources.startAt(answering(500, 'bad')), await resources.startAt(answering(404, 'none'))];
    const isUsable: Predicate = ({ status }) => seen.push(status) > 0;
    const { url } = await resources.serve({ endpoints, isUsable, strategy: 'failover' });
    expect((await request(url)).text).toBe('none');
    expect(seen).toEqual([404]);
  });

  test('is given whole when all others have one, too, and it came first', async () => {
    const first = [Buffer.from('{"error":"first"}'), randomBytes(200_000), randomBytes(200_000)];
    const isUsable: Predicate = async (response) => !String(await response.body()).startsWith('{"error"');
    const next = chunked(Buffer.from('{"error":"next"}'), randomBytes(200_000), randomBytes(200_000));
    const endpoints = [
      await resources.startAt(chunked(...first)),
      await resources.startAt(next),
      await resources.startAt(next),
    ];
    const { url } = await resources.serve({ endpoints, isUsable, strategy: 'failover', inspectLimitBytes: 100 });
    const { status, body } = await request(url);
    expect([status, hashOf(body)]).toEqual([200, hashOf(...first)]);
  });
});

describe('a predicate that fails', () => {
  test.each<[string, Predicate, string]>([
    ['throws', () => fail(), 'ERR_BRP_HOOK'],
    ['throws while it reads', askingFirst(() => fail()), 'ERR_BRP_HOOK'],
    ['rejects', async () => fail(), 'ERR_BRP_HOOK'],
    ['never settles', () => never, 'ERR_BRP_NOT_JUDGED'],
  ])('makes a failed attempt when it %s', async (_, isUsable, code) => {
    const endpoint = await resources.startAt(chunked(randomBytes(10), randomBytes(10)));
    const { url, events } = await resources.serve({ endpoints: [endpoint], isUsable, timeouts: { responseMs: 200 } });
    expect((await request(url)).status).toBe(502);
    expect(events.at(-1)).toMatchObject({ attempts: [{ outcome: 'failed', error: { code } }] });
  });

  test('is not waited for longer than `responseMs` when it waits for an endpoint that falls silent', async () => {
    const isUsable: Predicate = async ({ firstEvent }) => (await firstEvent()) !== undefined;
    const endpoint = await resources.startAt((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: half');
    });
    const { url, events } = await resources.serve({ endpoints: [endpoint], isUsable, timeouts: { responseMs: 200 } });
    expect((await request(url)).status).toBe(502);
    expect(events.at(-1)).toMatchObject({ attempts: [{ error: { code: 'ERR_BRP_NOT_JUDGED' } }] });
  });

  test('makes a failed attempt when the endpoint breaks off what it reads', async () => {
    const broken = await resources.startTcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'));
    });
    const isUsable: Predicate = async (response) => (await response.body()).length > 0;
    const { url, events } = await resources.serve({
      endpoints: [broken.url, await resources.startAt(goodAfter30Ms)],
      isUsable,
    });
    expect((await request(url)).text).toBe('{"data":1}');
    expect(events.at(-1)).toMatchObject({ attempts: [{ outcome: 'failed' }, { outcome: 'won' }] });
  });

  test('raises nothing in the process with the promises of a body that it left alone', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const broken = await resources.startTcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'));
    });
    const isUsable: Predicate = askingFirst(() => fail());
    const { url } = await resources.serve({ endpoints: [broken.url], isUsable });
    expect((await request(url)).status).toBe(502);
    await turns(20);
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
});

describe('what a predicate has read', () => {
  const limit = 1_000;
  const large = randomBytes(1_048_576);

  test.each<[string, readonly Buffer[], http.OutgoingHttpHeaders]>([
    ['large and chunked', [large.subarray(0, 10), large.subarray(10, 500_000), large.subarray(500_000)], {}],
    ['large with a length', [large], { 'Content-Length': large.length }],
    ['of one chunk of exactly the limit', [large.subarray(0, limit)], {}],
    ['of chunks up to exactly the limit', [large.subarray(0, 400), large.subarray(400, limit)], {}],
    ['chunked and below the limit', [large.subarray(0, 400), large.subarray(400, 999)], {}],
    ['small with a length above the limit', [large.subarray(0, 5_000)], { 'Content-Length': 5_000 }],
    ['empty and chunked', [], {}],
  ])('is streamed whole and was at most the limit when the body is %s', async (_, chunks, headers) => {
    const seen: Buffer[] = [];
    const endpoint = await resources.startAt((req, res) => {
      res.writeHead(200, headers);
      chunked(...chunks)(req, res);
    });
    const isUsable: Predicate = async (response) => seen.push(await response.body()) > 0;
    const { url } = await resources.serve({ endpoints: [endpoint], isUsable, inspectLimitBytes: limit });
    const { body } = await request(url);
    expect(hashOf(body)).toBe(hashOf(...chunks));
    expect(seen.map((part) => hashOf(part))).toEqual([hashOf(body.subarray(0, limit))]);
  });

  test.each([limit - 1, limit, limit + 1])('is streamed whole when its %i bytes come in one packet', async (length) => {
    const text = 'x'.repeat(length);
    const packet = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const endpoint = await resources.startTcp((socket) => void socket.once('data', () => socket.end(packet)));
    const isUsable: Predicate = async (response) => (await response.body()).length > 0;
    const { url } = await resources.serve({ endpoints: [endpoint.url], isUsable, inspectLimitBytes: limit });
    expect((await request(url)).text).toBe(text);
  });

  test('arrives although the predicate did not wait for it', async () => {
    const endpoint = await resources.startAt(chunked(large.subarray(0, 2_000), large.subarray(2_000)));
    const isUsable: Predicate = askingFirst(() => true);
    const { url } = await resources.serve({ endpoints: [endpoint], isUsable, inspectLimitBytes: limit });
    expect(hashOf((await request(url)).body)).toBe(hashOf(large));
  });

  test('keeps its trailers', async () => {
    const endpoint = await resources.startAt((_, res) => {
      res.writeHead(200, { Trailer: 'X-Checksum' }).write('body');
      res.addTrailers({ 'X-Checksum': '1' });
      res.end();
    });
    const isUsable: Predicate = async (response) => (await response.body()).length > 0;
    const { url } = await resources.serve({ endpoints: [endpoint], isUsable });
    const { text, trailers } = await request(url);
    expect([text, trailers['x-checksum']]).toEqual(['body', '1']);
  });

  test('cannot be asked for after the verdict', async () => {
    const kept: InspectedResponse[] = [];
    const endpoint = await resources.startAt(chunked(large));
    const { url } = await resources.serve({ endpoints: [endpoint], isUsable: (response) => kept.push(response) > 0 });
    expect(hashOf((await request(url)).body)).toBe(hashOf(large));
    await expect(kept[0]?.body()).rejects.toThrow('judged already');
  });
});

describe('a client that goes away while the predicate is pending', () => {
  test.each<[string, Predicate]>([
    ['waits', () => never],
    ['reads', async (response) => (await response.body()).length > 0],
  ])('leaves nothing behind when it %s', async (_, isUsable) => {
    const asked = Promise.withResolvers<void>();
    const endpoint = await resources.start((_req, res) => void res.write('half'));
    const served = await resources.serve({
      endpoints: [endpoint.url],
      isUsable: (response, context) => {
        asked.resolve();
        return isUsable(response, context);
      },
    });
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    await asked.promise;
    client.destroy();
    await endpoint.idle();
    await served.proxy.close();
    expect(served.proxy.endpoints[0]).toMatchObject({ inFlight: 0, cancelled: 1, failures: 0 });
    expect(served.events.find(({ type }) => type === 'request-ended')).toMatchObject({
      error: { code: 'ERR_BRP_CLIENT_GONE' },
    });
  });
});

function fail(): never {
  throw new Error('this predicate fails');
}

function hashOf(...chunks: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
