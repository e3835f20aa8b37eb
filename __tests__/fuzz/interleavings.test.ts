import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2, { type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createRandom } from '../../shared/random.ts';
import { type BalancingProxyOptions, createBalancingProxy, type ProxyEvent } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { rounds } from '../helpers/thorough.ts';
import { visit, visitOverHttp2 } from './interleavings/client.ts';
import { startMoody } from './interleavings/endpoint.ts';
import { seed, seedTitle } from './seed.ts';

const resources = leakCheckedResources();

const worlds = rounds(12, 2);
const visits = 60;
const atOnce = 15;

/** One of these. */
function pick<T>(random: () => number, values: readonly [T, ...T[]]): T {
  return values[Math.floor(random() * values.length)] ?? values[0];
}

/** Settings under which every state of a request comes about, and limits that are over before the clients have gone. */
function optionsFrom(random: () => number): Omit<BalancingProxyOptions, 'endpoints'> {
  const maybe = <T>(value: T): T | undefined => (random() < 0.3 ? value : undefined);
  const throwing = (): never => {
    throw new Error('the hook has had enough');
  };
  const settings = {
    strategy: pick(random, ['race', 'race', 'failover', 'hedge', 'single']),
    hedge: { delayMs: 5, budgetRatio: 1 },
    preferStatuses: maybe('200'),
    preferGraceMs: 20,
    loserGraceMs: pick(random, [0, 5, 50]),
    bodyLimitBytes: pick(random, [8, 50_000, 1_000_000]),
    largeBody: pick(random, ['reject', 'stream']),
    timeouts: {
      totalMs: pick(random, [20, 60, Infinity]),
      responseMs: pick(random, [20, 100, Infinity]),
      idleMs: pick(random, [20, 100, Infinity]),
      clientMs: pick(random, [30, Infinity]),
    },
    isUsable: maybe(
      async (response: { body(): Promise<Buffer> }) => random() < 0.5 || (await response.body()).length > 2,
    ),
    rewriteRequest: maybe(() => (random() < 0.3 ? throwing() : { 'X-Any': 'a' })),
    rewriteResponse: maybe(async () => (random() < 0.3 ? throwing() : { 'X-Any': 'a' })),
    pathRewrite: maybe((path: string) => (random() < 0.1 ? throwing() : path)),
    fallthrough: maybe(true),
    maxInFlight: maybe(3),
  } as const;
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** Another part of the app that ends, breaks off or begins the response behind the proxy's back. */
function interfere(res: ServerResponse, random: () => number): void {
  const deed = pick(random, [
    () => res.end(),
    () => res.end('ended by the app'),
    () => res.destroy(),
    () => res.write('begun by the app'),
    () => res.socket?.destroy(),
  ]);
  const act = (): void => {
    try {
      deed();
    } catch {
      // The head may say that there is no body.
    }
  };
  if (random() < 0.3) act();
  else setTimeout(act, random() * 40);
}

/** Which requests, or attempts of them, events of this type were about. */
function toldOf(events: readonly ProxyEvent[], type: ProxyEvent['type']): string[] {
  const told = events.flatMap((event) => {
    if (event.type !== type || !('requestId' in event)) return [];
    return 'attempt' in event ? `${event.requestId}.${event.attempt}` : `${event.requestId}`;
  });
  return told.sort();
}

/** Serves an app with a proxy before endpoints that do as they like. */
async function startWorld(random: () => number, isHttp2: boolean) {
  const endpoints = await Promise.all([1, 2, 3].map(async () => resources.use(await startMoody(random))));
  const proxy = createBalancingProxy({ ...optionsFrom(random), endpoints: endpoints.map(({ url }) => url) });
  const events: ProxyEvent[] = [];
  proxy.subscribe((event) => events.push(event));
  const app = (req: IncomingMessage, res: ServerResponse): void => {
    res.on('error', () => {});
    if (random() < 0.2) interfere(res, random);
    const next = (error?: unknown): void => void (res.headersSent || res.writeHead(error ? 500 : 404).end());
    proxy(req, res, random() < 0.5 ? next : undefined);
  };
  const http2App = (req: Http2ServerRequest, res: Http2ServerResponse): void => {
    Reflect.apply(app, undefined, [req, res]);
  };
  const created = isHttp2 ? http2.createServer(http2App) : http.createServer(app).on('upgrade', proxy.upgrade);
  const server = await resources.listen(created);
  return { endpoints, proxy, events, server };
}

/** Has clients come and go, and the proxy closed at the end or in the middle of it. */
async function runWorld(random: () => number, isHttp2: boolean) {
  const world = await startWorld(random, isHttp2);
  const { proxy, server } = world;
  const closesAfter = random() < 0.3 ? visits * random() : visits;
  let closed: Promise<void> | undefined;
  let visited = 0;
  const visitor = async (): Promise<void> => {
    while (visited < visits) {
      if (visited++ >= closesAfter) closed ??= proxy.close();
      await (isHttp2 ? visitOverHttp2 : visit)(server.port, random);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, visitor));
  await server.close();
  await (closed ?? proxy.close());
  return world;
}

describe(`requests and proxies that end at any moment, in any way (${seedTitle})`, () => {
  test.each([false, true])('are told of once, and leave nothing in flight: over HTTP/2 %s', async (isHttp2) => {
    for (let number = 0; number < worlds; number++) {
      const { endpoints, proxy, events } = await runWorld(createRandom(seed + number), isHttp2);
      expect(proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
      expect(toldOf(events, 'request-ended')).toEqual(toldOf(events, 'request-started'));
      expect(toldOf(events, 'attempt-ended')).toEqual(toldOf(events, 'attempt-started'));
      for (const endpoint of endpoints) await endpoint.idle();
    }
  });
});
