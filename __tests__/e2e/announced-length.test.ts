import { Readable } from 'node:stream';
import { createBalancingProxy, type ProxyEvent, type Transport } from '../../src/index.ts';
import { type FakeResponse, fakeTransport } from '../../src/testing/testing.ts';
import { frames, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { including, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

/** How a transport gives a body: at once, or as a stream. */
type Giving = 'whole' | 'streamed';

function responseOf(announced: number, chunks: readonly string[], giving: Giving): FakeResponse {
  return {
    headers: ['Content-Length', String(announced), 'X-Endpoint', chunks.length > 1 ? 'bad' : 'good'],
    body: giving === 'whole' ? chunks.join('') : Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
  };
}

/** A transport to `bad`, whose bodies are not as long as they announce, and to `good`. */
function transportTo(bad: FakeResponse, good = bad): Transport {
  return fakeTransport(({ address }) => (address.hostname === 'bad' ? bad : good));
}

const small = 1_000;
const large = 100_000;

const lengths = [
  { what: 'shorter', by: -1 },
  { what: 'longer', by: 1 },
];

/** The same bytes in three chunks, the last of which makes the difference. */
const chunksOf = (bytes: number, by: number): string[] => ['x'.repeat(10), 'x'.repeat(bytes - 12), 'x'.repeat(2 + by)];

const code = { shorter: 'ERR_BRP_CONNECTION_LOST', longer: 'ERR_BRP_BAD_RESPONSE' } as Record<string, string>;

describe.each(lengths)('a body that is $what than its Content-Length', ({ what, by }) => {
  test.each<Giving>(['whole', 'streamed'])('and small is a failed attempt when it comes %s', async (giving) => {
    const transport = transportTo(responseOf(small, chunksOf(small, by), giving), responseOf(2, ['ok'], giving));
    const served = await resources.serve({ endpoints: ['http://bad', 'http://good'], strategy: 'failover', transport });
    expect((await request(served.url)).text).toBe('ok');
    expect(served.events.find((event) => event.type === 'attempt-ended')).toMatchObject({
      report: { outcome: 'failed', error: { code: code[what] } },
    });
  });

  test('and was read to its end by `isUsable` is a failed attempt', async () => {
    const transport = transportTo(
      responseOf(large, chunksOf(large, by), 'streamed'),
      responseOf(2, ['ok'], 'streamed'),
    );
    const served = await resources.serve({
      endpoints: ['http://bad', 'http://good'],
      strategy: 'failover',
      inspectLimitBytes: 1_000_000,
      holdBytes: 1_000_000,
      isUsable: async ({ body }) => (await body()).length > 0,
      transport,
    });
    expect((await request(served.url)).text).toBe('ok');
    expect(served.events.find((event) => event.type === 'attempt-ended')).toMatchObject({
      report: { outcome: 'failed', error: { code: code[what] } },
    });
  });

  test.each(frames)('is broken off when it is streamed, in $name', async ({ start, send }) => {
    const transport = transportTo(responseOf(large, chunksOf(large, by), 'streamed'));
    const proxy = resources.use(createBalancingProxy({ endpoints: ['http://bad'], transport }));
    const server = resources.use(await start({ mounts: { '/': proxy } }));
    const call = send(`${server.url}/`);
    await expect(call.answer.then(textOf)).rejects.toBeDefined();
    call.abort();
  });

  test('is streamed with no byte more than was announced', async () => {
    const transport = transportTo(responseOf(large, chunksOf(large, by), 'streamed'));
    const { url } = await resources.serve({ endpoints: ['http://bad'], transport });
    const { text } = await sendRaw(url, head('GET / HTTP/1.1', 'Host: proxy'));
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBeLessThan(large);
  });

  test('is broken off when it is that of the only response, which is not usable', async () => {
    const bad = { ...responseOf(large, chunksOf(large, by), 'streamed'), status: 500 };
    const { url } = await resources.serve({ endpoints: ['http://bad'], transport: transportTo(bad) });
    await expect(request(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

/** A body of so many bytes that does not end by itself; something is done to it when all of them were read. */
function endless(bytes: number, atLast: (body: Readable) => void): Readable {
  let isGiven = false;
  return new Readable({
    read() {
      if (isGiven) setImmediate(() => atLast(this));
      else this.push(Buffer.alloc(bytes, 'x'));
      isGiven = true;
    },
  });
}

describe.each<[string, (body: Readable) => void]>([
  ['breaks off', (body) => body.destroy(new Error('reset'))],
  ['falls silent', () => {}],
])('an endpoint that %s between the last byte and the end', (_, atLast) => {
  test.each(frames)('has left nothing out, in $name', async ({ start, send }) => {
    const body = endless(large, atLast);
    const transport = fakeTransport(() => ({ headers: ['Content-Length', String(large)], body }));
    const proxy = resources.use(createBalancingProxy({ endpoints: ['http://a'], transport, timeouts: { idleMs: 50 } }));
    const events: ProxyEvent[] = [];
    proxy.subscribe((event) => events.push(event));
    const server = resources.use(await start({ mounts: { '/': proxy } }));
    expect(await send(`${server.url}/`).answer.then(textOf)).toBe('x'.repeat(large));
    await until(() => events.map(({ type }) => type), including('request-ended'));
    expect(events.at(-1)).toMatchObject({ error: undefined, bytes: large, resumes: 0 });
    expect(body.destroyed).toBe(true);
  });
});

test('a response to HEAD may announce any length', async () => {
  const transport = transportTo(responseOf(small, [], 'streamed'));
  const { url } = await resources.serve({ endpoints: ['http://bad'], transport });
  const { status, headers } = await request(url, { method: 'HEAD' });
  expect([status, headers['content-length']]).toEqual([200, String(small)]);
});
