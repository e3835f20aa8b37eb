import http from 'node:http';
import http2 from 'node:http2';
import fc from 'fast-check';
import {
  type BalancingProxyOptions,
  createBalancingProxy,
  gotTransport,
  nodeTransport,
  type RequestEnded,
} from '../../src/index.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { clients } from '../e2e/faults/cell.ts';
import { askAs, type Seen } from '../e2e/faults/clients.ts';
import { inTime } from '../helpers/deadline.ts';
import { Resources } from '../helpers/proxy.ts';
import { bodyOf } from '../helpers/random-bodies.ts';
import type { TestServer } from '../helpers/servers.ts';
import { type BreakOff, type Play, type Script, type Shape, startBreaking } from './faults/breaking-endpoint.ts';
import { bounded, seedTitle } from './seed.ts';

// Whatever breaks where, what looks whole is whole and right, and no byte comes twice. Where one endpoint is well, all comes.

const resources = new Resources();
const plays = new Map<string, Play>();
const endpoints: TestServer[] = [];
beforeAll(async () => {
  for (let index = 0; index < 4; index++) {
    const playOf = (path: string) => plays.get(path) ?? { body: Buffer.alloc(0), shape: {} as Shape, scripts: [] };
    endpoints.push(resources.use(await startBreaking(index, playOf)));
  }
});
afterAll(() => resources.closeAll());

/** Lengths around what is held, and any. */
const length = fc.oneof(fc.nat(3_000), fc.nat(200_000), fc.constantFrom(0, 1, 65_535, 65_536, 65_537));

const shape: fc.Arbitrary<Shape> = fc.record({
  framing: fc.constantFrom('length', 'chunked', 'chunked', 'closed'),
  chunks: fc.array(fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 200, max: 2_000 })), {
    minLength: 1,
    maxLength: 4,
  }),
  hasEtag: fc.boolean(),
  hasRanges: fc.boolean(),
});

const breakOff: fc.Arbitrary<BreakOff> = fc.record({
  atRatio: fc.oneof(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.constantFrom(0, 0.999_999)),
  how: fc.constantFrom('FIN', 'RST', 'garbage'),
});

const script: fc.Arbitrary<Script> = fc.record({
  breaks: fc.array(breakOff, { maxLength: 3 }),
  dripBytes: fc.oneof(fc.integer({ min: 1, max: 300_000 }), fc.constant(300_000)),
  gapMs: fc.constantFrom(0, 0, 0, 5),
});

const transports = { got: gotTransport, undici: undiciTransport, node: nodeTransport };

const settings = fc.record({
  strategy: fc.constantFrom('race' as const, 'hedge' as const, 'failover' as const, 'single' as const),
  resume: fc.constantFrom('off' as const, 'range' as const, 'replay' as const, 'replay' as const),
  holdBytes: fc.oneof(fc.nat(100_000), fc.constantFrom(0, 1, 65_536)),
  holdMs: fc.constantFrom(0, 50, Infinity),
  winAt: fc.constantFrom('head' as const, 'first-byte' as const, 'first-event' as const),
});

const run = fc.record({
  length,
  shape,
  scripts: fc.array(script, { minLength: 2, maxLength: 4 }),
  settings,
  transport: fc.constantFrom('got' as const, 'undici' as const, 'node' as const),
  client: fc.constantFrom(...clients),
});

type Run = typeof run extends fc.Arbitrary<infer Value> ? Value : never;

let count = 0;

async function perform({ settings: options, transport, client, ...play }: Run) {
  const path = `/${count++}`;
  const body = bodyOf(play.length, path);
  plays.set(path, { body, ...play });
  const own = new Resources();
  const given: BalancingProxyOptions = {
    endpoints: endpoints.slice(0, play.scripts.length).map(({ url }) => url),
    ...options,
    hedge: { delayMs: 5 },
    transport: transports[transport](),
  };
  const proxy = createBalancingProxy(given);
  const ended = Promise.withResolvers<RequestEnded>();
  proxy.subscribe((event) => event.type === 'request-ended' && ended.resolve(event));
  const server = await own.listen(http.createServer(proxy));
  // The compatibility API is meant to be taken for node:http's; its types do not say so.
  const overHttp2 = await own.listen(http2.createServer(proxy as never));
  const ports = { http1: server.port, http2: overHttp2.port };
  const seen = await askAs(client, { ports, path, headers: {}, onBytes: () => {} });
  const end = await inTime(ended.promise, 'the end of a request', () => seen.status);
  await own.closeAll();
  await proxy.close();
  plays.delete(path);
  return { seen, body, end };
}

/** Whether every break can be mended: what the client has is compared, or was never given to anybody. */
function isMended({ scripts, settings: { resume, strategy } }: Run): boolean {
  return resume === 'replay' && strategy !== 'single' && scripts.some(({ breaks }) => breaks.length === 0);
}

function complaintAbout(one: Run, seen: Seen, body: Buffer): string | undefined {
  const { status, isWhole, isHanging } = seen;
  if (isHanging || status === 0) return 'there is no answer';
  if (status === 200 && !body.subarray(0, seen.body.length).equals(seen.body)) return 'there are wrong bytes';
  if (status === 200 && isWhole && seen.body.length < body.length) return 'it looks whole and is not';
  if (isMended(one) && !(status === 200 && isWhole)) return 'it is broken, although an endpoint is well';
  return status === 200 || status === 502 ? undefined : 'it has another status';
}

describe(`answers that break anywhere (${seedTitle})`, () => {
  test('are whole where an endpoint is well, and never look whole when they are not', async () => {
    const property = fc.asyncProperty(run, async (one) => {
      const { seen, body, end } = await perform(one);
      const complaint = complaintAbout(one, seen, body);
      const { status, isWhole } = seen;
      const attempts = end.attempts.map(({ endpoint, reason, outcome, error }) =>
        [endpoint, reason, outcome, error?.message].join(' '),
      );
      if (complaint)
        throw new Error(
          `${complaint}: ${JSON.stringify({ status, isWhole, bytes: seen.body.length, of: body.length, resumes: end.resumes, attempts }, undefined, 1)}`,
        );
    });
    await fc.assert(property, { ...bounded(600), interruptAfterTimeLimit: 60_000 });
  }, 120_000);
});
