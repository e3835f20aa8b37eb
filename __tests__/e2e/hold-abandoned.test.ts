import http, { type ServerResponse } from 'node:http';
import type { BalancingProxyOptions, RequestEnded } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { type HeldEndpoint, request, type ServedProxy } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';

/** Whoever gives up while a response is held, or looked at, leaves nothing behind: no connection, no timer, no attempt in flight. */

const resources = leakCheckedResources();

const minute = 60_000;
const events = { 'Content-Type': 'text/event-stream' };

/** What is waited for. */
interface Wait {
  readonly name: string;
  /** What the endpoint does before it falls silent. */
  readonly begin: (res: ServerResponse) => unknown;
  readonly options: Partial<BalancingProxyOptions>;
}

const waits: readonly Wait[] = [
  { name: 'the end of a body', begin: (res) => res.write('first'), options: { holdMs: minute } },
  {
    name: 'the end of a body with a length',
    begin: (res) => res.writeHead(200, { 'Content-Length': 10 }).write('first'),
    options: {},
  },
  {
    name: 'a first byte',
    begin: (res) => res.writeHead(200, events).flushHeaders(),
    options: { winAt: 'first-byte', timeouts: { firstByteMs: minute } },
  },
  {
    name: 'a first event',
    begin: (res) => res.writeHead(200, events).write(': ping\n\n'),
    options: { winAt: 'first-event', timeouts: { firstByteMs: minute } },
  },
  {
    name: 'a predicate that reads the body',
    begin: (res) => res.writeHead(200, events).write('data: first'),
    options: { holdMs: minute, isUsable: async (response) => (await response.body()).length > 0 },
  },
  {
    name: 'a predicate that reads the first chunk',
    begin: (res) => res.writeHead(200, events).flushHeaders(),
    options: { isUsable: async (response) => (await response.firstChunk()).length > 0 },
  },
  {
    name: 'a predicate that reads the first event',
    begin: (res) => res.writeHead(200, events).write(': ping\n\n'),
    options: { isUsable: async (response) => (await response.firstEvent()) !== undefined },
  },
  {
    name: 'a predicate that never settles',
    begin: (res) => res.writeHead(200, events).write('data: first\n\n'),
    options: { isUsable: () => new Promise(() => {}) },
  },
  {
    name: 'the end of a spare',
    begin: (res) => res.writeHead(500).write('first'),
    options: { holdMs: minute },
  },
  {
    name: 'a response that is preferred',
    begin: (res) => res.writeHead(404, { Connection: 'close' }).end('none'),
    options: { preferStatuses: '200', preferGraceMs: minute },
  },
];

async function endOf({ events: told }: ServedProxy): Promise<RequestEnded> {
  await until(() => told.at(-1)?.type, 'request-ended');
  return told.at(-1) as RequestEnded;
}

/** Resolves when nothing is left of a request at any endpoint. */
async function settled({ proxy }: ServedProxy, ...endpoints: ReadonlyArray<Pick<HeldEndpoint, 'idle'>>) {
  await Promise.all(endpoints.map((endpoint) => endpoint.idle()));
  await until(() => proxy.endpoints.every(({ inFlight }) => inFlight === 0));
}

describe.each(waits)('while a request waits for $name', ({ begin, options }) => {
  /** Serves an endpoint that is waited for, and one that never answers. */
  const serve = async (more: Partial<BalancingProxyOptions> = {}) => {
    const held = await resources.startHeld(begin);
    const hanging = await resources.startHeld();
    const timeouts = { ...options.timeouts, ...more.timeouts };
    const served = await resources.serve({
      endpoints: [held.url, hanging.url],
      loserGraceMs: 0,
      ...options,
      ...more,
      timeouts,
    });
    return { ...served, held, hanging };
  };

  test('a client that goes away leaves nothing behind', async () => {
    const served = await serve();
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    await served.held.first;
    later(30, () => client.destroy());
    await settled(served, served.held, served.hanging);
    const { error, attempts } = await endOf(served);
    expect(error?.code).toBe('ERR_BRP_CLIENT_GONE');
    expect(attempts.map(({ outcome }) => outcome)).not.toContain('pending');
  });

  test('the end of its total time leaves nothing behind', async () => {
    const served = await serve({ timeouts: { totalMs: 60 } });
    const { status } = await request(served.url);
    expect([404, 504]).toContain(status);
    await settled(served, served.held, served.hanging);
    await endOf(served);
  });

  test('a winner leaves nothing of it behind', async () => {
    const held = await resources.startHeld(begin);
    const good = await resources.startHeld();
    const { isUsable } = options;
    const served = await resources.serve({
      endpoints: [held.url, good.url],
      ...options,
      ...(isUsable && { isUsable: (response, context) => response.status === 201 || isUsable(response, context) }),
      preferStatuses: '201',
      preferGraceMs: minute,
    });
    const received = request(served.url);
    await held.first;
    const res = await good.first;
    later(30, () => res.writeHead(201, { 'Content-Length': 4, Connection: 'close' }).end('good'));
    expect((await received).text).toBe('good');
    await settled(served, held, good);
    await endOf(served);
  });
});

test('a predicate that does not settle in time is told that nobody waits for it', async () => {
  const ended = Promise.withResolvers<unknown>();
  const endpoint = await resources.startHeld((res) => res.writeHead(200, events).write('data: first'));
  const served = await resources.serve({
    endpoints: [endpoint.url],
    timeouts: { responseMs: 50 },
    holdMs: minute,
    isUsable: (response) => {
      const reading = response.body();
      reading.catch(ended.resolve);
      return reading.then(() => true);
    },
  });
  expect((await request(served.url)).status).toBe(502);
  expect(await ended.promise).toMatchObject({ message: 'the response was judged already' });
  await settled(served, endpoint);
});

test('an endpoint whose first event takes too long is let go of, and the next one is asked', async () => {
  const silent = await resources.startHeld((res) => res.writeHead(200, events).write(': ping\n\n'));
  const good = await resources.start((_, res) => void res.writeHead(200, events).end('data: good\n\n'));
  const served = await resources.serve({
    endpoints: [silent.url, good.url],
    strategy: 'failover',
    winAt: 'first-event',
    timeouts: { firstByteMs: 50 },
  });
  expect((await request(served.url)).text).toBe('data: good\n\n');
  await settled(served, silent);
  const { attempts } = await endOf(served);
  expect(attempts.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
    ['timed-out', 'ERR_BRP_FIRST_BYTE_TIMEOUT'],
    ['won', undefined],
  ]);
});
