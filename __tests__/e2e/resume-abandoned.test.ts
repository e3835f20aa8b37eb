import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { createRandom } from '../../shared/random.ts';
import type { BalancingProxyOptions, RequestEnded } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { type HeldEndpoint, request, type ServedProxy } from '../helpers/proxy.ts';
import { rounds } from '../helpers/thorough.ts';
import { atLeast, until } from '../helpers/until.ts';
import { contentOf, sha256, startMirror } from './mirror.ts';

/** Whoever gives up while a body is being gone on with leaves nothing behind: no connection, no timer, no attempt in flight. */

const resources = leakCheckedResources();
const content = contentOf(300_000);
const headers = { ETag: '"one"' };
const breaksAt = 150_000;

/** An endpoint that has all of the body, and begins to give it. */
function beginAll(res: ServerResponse): void {
  res.writeHead(200, { ...headers, 'Content-Length': content.length }).write(content.subarray(0, 100_000));
}

/** An endpoint that has the rest of the body, and begins to give it. */
function beginRest(res: ServerResponse): void {
  const first = Number(/^bytes=(\d+)-/.exec(res.req.headers.range ?? '')?.[1]);
  const range = { 'Content-Range': `bytes ${first}-${content.length - 1}/${content.length}` };
  const length = { 'Content-Length': content.length - first };
  res.writeHead(206, { ...headers, ...range, ...length }).write(content.subarray(first, first + 50_000));
}

/** Serves an endpoint that breaks off, and one behind it whose answer goes on when the test says so. */
async function serve(begin: (res: ServerResponse) => void, options: Partial<BalancingProxyOptions> = {}) {
  const breaking = await startMirror(resources, { content, headers, breaksAt: [breaksAt, 0] });
  const second = await resources.startHeld(begin);
  const served = await resources.serve({
    endpoints: [breaking.url, second.url],
    strategy: 'failover',
    loserGraceMs: 0,
    ...options,
  });
  return { ...served, breaking, second };
}

/** A client that reads, and can go away. */
async function read(url: string) {
  const client = http.get(url, { agent: false }).on('error', () => {});
  const [res] = (await once(client, 'response')) as [IncomingMessage];
  let bytes = 0;
  res
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
  return { bytes: () => bytes, leave: () => client.destroy() };
}

/** The code with which a request fails. */
const codeOf = (received: Promise<unknown>): Promise<string> =>
  received.then(
    () => 'none',
    (error: NodeJS.ErrnoException) => error.code ?? String(error),
  );

async function endOf({ events }: ServedProxy): Promise<RequestEnded> {
  await until(() => events.at(-1)?.type, 'request-ended');
  return events.at(-1) as RequestEnded;
}

/** Resolves when nothing is left of a request at any endpoint. */
async function settled({ proxy }: ServedProxy, ...endpoints: ReadonlyArray<Pick<HeldEndpoint, 'idle'>>) {
  await Promise.all(endpoints.map((endpoint) => endpoint.idle()));
  await until(() => proxy.endpoints.every(({ inFlight }) => inFlight === 0));
}

describe('a client that goes away', () => {
  test.each<[string, (res: ServerResponse) => void, Partial<BalancingProxyOptions>]>([
    ['before the head of the rest', () => {}, {}],
    ['while the bytes that it has are compared', beginAll, { resume: 'replay' }],
  ])('%s ends the attempt to go on', async (_, begin, options) => {
    const served = await serve(begin, options);
    const client = await read(served.url);
    await served.second.first;
    client.leave();
    await settled(served, served.second, served.breaking);
    expect(await endOf(served)).toMatchObject({
      resumes: 0,
      error: { code: 'ERR_BRP_CLIENT_GONE' },
      attempts: [
        { outcome: 'won', brokeOff: { atByte: expect.any(Number) } },
        { reason: 'resume', outcome: 'cancelled' },
      ],
    });
  });

  test('within the rest ends it', async () => {
    const served = await serve(beginRest);
    const client = await read(served.url);
    await until(client.bytes, atLeast(breaksAt + 1));
    client.leave();
    await settled(served, served.second, served.breaking);
    expect(await endOf(served)).toMatchObject({
      resumes: 1,
      error: { code: 'ERR_BRP_CLIENT_GONE' },
      attempts: [{ outcome: 'won' }, { reason: 'resume', outcome: 'resumed' }],
    });
  });

  test('without having read ends the waiting for it, and nobody was asked for the rest', async () => {
    const first = await resources.startHeld((res) =>
      res.writeHead(200, { ...headers, 'Content-Length': 50_000_000 }).write('x'),
    );
    const second = await resources.startHeld();
    let response: ServerResponse | undefined;
    const served = await resources.serve(
      { endpoints: [first.url, second.url], strategy: 'failover' },
      (proxy) => (req, res) => {
        response = res;
        proxy(req, res);
      },
    );
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    const [res] = (await once(client, 'response')) as [IncomingMessage];
    res.on('error', () => {});
    const held = await first.first;
    // No more than makes the proxy wait for its client, or it would not read as far as the break.
    while (!response?.writableNeedDrain) {
      held.write(content.subarray(0, 16_384));
      await until(() => held.writableLength === 0);
    }
    held.socket?.resetAndDestroy();
    await until(() => served.proxy.endpoints[0]?.inFlight, 0);
    client.destroy();
    await settled(served, first, second);
    expect(await endOf(served)).toMatchObject({
      error: { code: 'ERR_BRP_CLIENT_GONE' },
      attempts: [{ outcome: 'won', brokeOff: { atByte: expect.any(Number) } }],
    });
    expect(second.asked()).toBe(0);
  });
});

test('an endpoint that falls silent is let go of when another one is asked for the rest', async () => {
  const silent = await startMirror(resources, { content, headers, breaksAt: [breaksAt], how: 'silence' });
  const second = await resources.startHeld();
  const served = await resources.serve({
    endpoints: [silent.url, second.url],
    strategy: 'failover',
    timeouts: { idleMs: 50 },
  });
  const client = await read(served.url);
  await second.first;
  await silent.idle();
  client.leave();
  await settled(served, second);
});

test('an app that ends the response while the rest is asked for ends that, too', async () => {
  let response: ServerResponse | undefined;
  const breaking = await startMirror(resources, { content, headers, breaksAt: [breaksAt] });
  const second = await resources.startHeld();
  const served = await resources.serve(
    { endpoints: [breaking.url, second.url], strategy: 'failover', loserGraceMs: 0 },
    (proxy) => (req, res) => {
      response = res;
      proxy(req, res);
    },
  );
  await read(served.url);
  await second.first;
  response?.end();
  await settled(served, second, breaking);
  expect(await endOf(served)).toMatchObject({ resumes: 0, error: { code: 'ERR_BRP_ENDED_BY_APP' } });
});

test('an endpoint that is slower than the next one to give the rest is cancelled', async () => {
  const slow = await resources.startHeld();
  const breaking = await startMirror(resources, { content, headers, breaksAt: [breaksAt] });
  const whole = await startMirror(resources, { content, headers });
  const served = await resources.serve({
    endpoints: [breaking.url, slow.url, whole.url],
    strategy: 'failover',
    hedge: { maxDelayMs: 20 },
  });
  expect(sha256((await request(served.url)).body)).toBe(sha256(content));
  await settled(served, slow);
  const { attempts } = await endOf(served);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['won', 'cancelled', 'resumed']);
});

test('nothing is left when nobody has the rest', async () => {
  const served = await serve((res) => void res.destroy());
  expect(await codeOf(request(served.url))).toBe('ECONNRESET');
  await settled(served, served.second, served.breaking);
  const { resumes, error, attempts } = await endOf(served);
  expect([resumes, error?.code]).toEqual([0, 'ERR_BRP_CONNECTION_LOST']);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['won', 'failed', 'failed']);
});

const requests = rounds(1_000, 150);

describe(`${requests} requests for bodies that break off, with random aborts`, () => {
  test.each([
    ['race', 'range', 'with their length'],
    ['hedge', 'replay', 'with their length'],
    ['race', 'replay', 'chunked'],
    ['failover', 'replay', 'chunked'],
  ] as const)(
    'leave nothing behind in a %s with resume %j, %s',
    async (strategy, resume, framing) => {
      const random = createRandom(1);
      const breaks = () =>
        Array.from({ length: requests * 10 }, () => (random() < 0.5 ? Math.floor(random() * 200_000) : undefined));
      const mirrors = [];
      for (const how of ['rst', 'fin', 'silence'] as const) {
        mirrors.push(
          await startMirror(resources, { content, headers, breaksAt: breaks(), how, isChunked: framing === 'chunked' }),
        );
      }
      const endpoints = mirrors.map(({ url }) => url);
      const timeouts = { idleMs: 50 };
      const served = await resources.serve({ endpoints, strategy, resume, timeouts, hedge: { delayMs: 5 } });
      let wholes = 0;
      const one = async (index: number): Promise<void> => {
        const client = http.get(served.url, { agent: false }).on('error', () => {});
        if (index % 3 === 0) later(random() * 60, () => client.destroy());
        client.on('response', (res) => {
          const chunks: Buffer[] = [];
          res
            .on('error', () => {})
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('end', () => {
              expect(sha256(Buffer.concat(chunks))).toBe(sha256(content));
              wholes++;
            });
        });
        await new Promise((resolve) => client.once('close', resolve));
      };
      for (let done = 0; done < requests; done += 25)
        await Promise.all(Array.from({ length: 25 }, (_, index) => one(done + index)));
      await served.proxy.close();
      expect(served.proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
      const ends = served.events.filter((event) => event.type === 'request-ended');
      // A client that leaves at once has sent nothing.
      expect(ends).toHaveLength(served.events.filter(({ type }) => type === 'request-started').length);
      expect(ends.flatMap(({ attempts }) => attempts.filter(({ outcome }) => outcome === 'pending'))).toEqual([]);
      const mended = ends.reduce((sum, { resumes }) => sum + resumes, 0);
      // Or the test tests less than it says.
      expect([wholes, mended].map((count) => count > requests / 5)).toEqual([true, true]);
    },
    120_000,
  );
});
