import http from 'node:http';
import type { Readable } from 'node:stream';
import fc from 'fast-check';
import {
  type BalancingProxy,
  type BalancingProxyOptions,
  createBalancingProxy,
  type ProxyEvent,
  type RequestEnded,
} from '../../src/index.ts';
import { fakeTransport } from '../../src/testing/testing.ts';
import { untilNoTimer, useFakeTime } from '../helpers/fake-time.ts';
import { bodyOf } from '../helpers/random-bodies.ts';
import { bounded, seedTitle } from './seed.ts';
import { ClientConnection, type Reading, reading } from './silences/client.ts';
import { answerTo, type Script, script } from './silences/endpoint.ts';

// Endpoints and clients that take their time, by a clock that goes from one timer to the next: what looks whole is whole, every request
// comes to its end, and nothing of it stays behind.

useFakeTime();

/** Predicates that wait for the body, for what may never come, or no longer than they like. */
const predicates: Readonly<Record<string, BalancingProxyOptions['isUsable']>> = {
  none: undefined,
  body: async ({ body }) => (await body()).length >= 0,
  chunk: async ({ firstChunk }) => (await firstChunk()).length >= 0,
  event: async ({ firstEvent }) => (await firstEvent()) === undefined,
  impatient: async ({ firstEvent }) => {
    const late = new Promise((resolve) => setTimeout(resolve, 15));
    return (await Promise.race([firstEvent(), late])) === undefined;
  },
};

const options = fc.record({
  holdBytes: fc.constantFrom(0, 1, 1_000, 65_536),
  holdMs: fc.constantFrom(0, 5, 50, Infinity),
  winAt: fc.constantFrom('head', 'first-byte', 'first-event'),
  resume: fc.constantFrom('range', 'replay', 'replay', 'off'),
  maxResumes: fc.constantFrom(0, 1, 10),
  strategy: fc.constantFrom('race', 'hedge', 'failover', 'failover'),
  hedge: fc.record({ delayMs: fc.constantFrom(1, 20) }),
  loserGraceMs: fc.constantFrom(0, 5, 100),
  timeouts: fc.record({
    responseMs: fc.constantFrom(50, 1_000),
    firstByteMs: fc.constantFrom(10, Infinity),
    idleMs: fc.constantFrom(20, 100),
    clientMs: fc.constantFrom(30, Infinity),
    totalMs: fc.constantFrom(80, Infinity, Infinity),
  }),
}) satisfies fc.Arbitrary<Partial<BalancingProxyOptions>>;

/** What happens, and to what. */
const scenario = fc.record({
  options,
  predicate: fc.constantFrom(...Object.keys(predicates)),
  bytes: fc.constantFrom(0, 1, 3_000, 70_000, 200_000),
  /** Of each endpoint, what it answers, one after the other, over and over again. */
  scripts: fc.array(fc.array(script, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  reading,
  range: fc.constantFrom('', '', 'Range: bytes=7-\r\n'),
});

/** A proxy before such endpoints. */
function proxyOf(content: Buffer, scripts: ReadonlyArray<readonly Script[]>, rest: Partial<BalancingProxyOptions>) {
  const counts = scripts.map(() => 0);
  const bodies: Readable[] = [];
  const transport = fakeTransport(async (request) => {
    const index = Number(request.address.hostname.slice(1));
    const own = scripts[index] ?? [];
    const chosen = own[(counts[index] ?? 0) % own.length];
    counts[index] = (counts[index] ?? 0) + 1;
    if (!chosen) throw new Error('there is no such endpoint');
    if (chosen.headMs > 0) await new Promise((resolve) => setTimeout(resolve, chosen.headMs));
    const answer = answerTo(request, content, chosen);
    bodies.push(answer.body);
    return answer;
  });
  const endpoints = scripts.map((_, index) => `http://e${index}`);
  return { proxy: createBalancingProxy({ endpoints, transport, ...rest }), bodies };
}

/** One request and all that comes of it. */
async function visit(proxy: BalancingProxy, range: string, how: Reading) {
  const events: ProxyEvent[] = [];
  proxy.subscribe((event) => events.push(event));
  const server = http.createServer((req, res) => proxy(req, res));
  const client = new ClientConnection(how);
  server.emit('connection', client);
  client.push(`GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${range}\r\n`);
  await untilNoTimer();
  return { message: client.message, events };
}

function typesOf(events: readonly ProxyEvent[]): string[] {
  return events.map(({ type }) => type);
}

function countOf(events: readonly ProxyEvent[], type: ProxyEvent['type']): number {
  return typesOf(events).filter((one) => one === type).length;
}

test(`whoever takes how long for what, all comes to its end, and what looks whole is whole (${seedTitle})`, async () => {
  const property = fc.asyncProperty(scenario, async (given) => {
    const content = bodyOf(given.bytes);
    const isUsable = predicates[given.predicate];
    const { proxy, bodies } = proxyOf(content, given.scripts, { ...given.options, ...(isUsable && { isUsable }) });
    const { message, events } = await visit(proxy, given.range, given.reading);

    expect(countOf(events, 'request-ended')).toBe(1);
    expect(countOf(events, 'attempt-started')).toBe(countOf(events, 'attempt-ended'));
    expect(proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual(proxy.endpoints.map(() => 0));
    expect(bodies.every(({ destroyed }) => destroyed)).toBe(true);
    const ended = events.at(-1) as RequestEnded;
    expect(ended.resumes).toBe(ended.attempts.filter(({ outcome }) => outcome === 'resumed').length);
    await proxy.close();
    if (!message || !ended.servedBy) return;
    const part = message.status === 206 ? content.subarray(7) : content;
    expect(part.subarray(0, message.body.length).equals(message.body)).toBe(true);
    if (message.isWhole) expect(message.body).toHaveLength(part.length);
    // A client may go away when all has been handed to its connection.
    else if (given.reading.leavesAfterMs === undefined) expect(ended.error).toBeDefined();
  });
  await fc.assert(property, bounded(3_000));
});
