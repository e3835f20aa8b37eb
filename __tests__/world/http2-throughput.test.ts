import http from 'node:http';
import path from 'node:path';
import { describeWorld } from './needs.ts';
import { kill } from './net/namespace.ts';
import type { NodeProgram } from './net/node-program.ts';
import type { Http2Server } from './servers/http2-server.ts';
import { nginx } from './servers/nginx.ts';
import { nodeHttp2 } from './servers/node.ts';
import { World } from './world.ts';

/** WORLD_ROUNDS=5 is for figures; the rule is what shows that the windows are wide. */
const rounds = Number(process.env.WORLD_ROUNDS ?? 3);
/**
 * Of HTTP/1.1's pace. The goal is all of it, but single rounds differ by a factor of two on a busy machine; windows of 64 KiB
 * give a twentieth.
 */
const minShare = 0.3;
const bytes = 2_000_000;
/** So many responses come one after the other, on each connection of HTTP/1.1. */
const turns = 2;
const servers: readonly Http2Server[] = [nginx(), nodeHttp2];

/** Of a proxy's two kinds of connections to the same endpoint. */
type Protocol = 'http1' | 'http2';

describeWorld('large responses at round trips of 50 ms', ['nginx'], () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create({ delayMs: 25 });
  }, 60_000);
  afterAll(() => world?.close());

  describe.each(servers)('from $name', (server) => {
    const proxies = new Map<Protocol, NodeProgram>();
    beforeAll(async () => {
      const url = await world.serve(server);
      for (const protocol of ['http1', 'http2'] as const) {
        const socketPath = path.join(world.site.folder, `${protocol}-${new URL(url).port}`);
        const settings = { endpoints: [url], transport: 'undici', http2: protocol === 'http2', socketPath } as const;
        proxies.set(protocol, await world.startProxy(settings));
      }
    }, 60_000);
    afterAll(() => Promise.all([...proxies.values()].map(({ child }) => kill(child))));

    test.each([1, 8, 20])(
      'come over HTTP/2 as fast as over HTTP/1.1, %i at once',
      async (atOnce) => {
        const agent = new http.Agent({ keepAlive: true });
        const paces: Record<Protocol, number[]> = { http1: [], http2: [] };
        // The first round opens connections and windows.
        for (let round = 0; round <= rounds; round++) {
          for (const protocol of ['http1', 'http2'] as const) {
            const socketPath = String(proxies.get(protocol)?.hello);
            const pace = await paceOf({ socketPath, agent, atOnce });
            if (round > 0) paces[protocol].push(pace);
          }
        }
        agent.destroy();
        const [http1, http2] = [Math.max(...paces.http1), Math.max(...paces.http2)];
        if (process.env.WORLD_ROUNDS) console.log(`${server.name}, ${atOnce} at once: ${JSON.stringify(paces)}`);
        expect(http2 / http1).toBeGreaterThan(minShare);
      },
      300_000,
    );
  });
});

interface Load {
  readonly socketPath: string;
  readonly agent: http.Agent;
  readonly atOnce: number;
}

/** Megabytes a second. */
async function paceOf({ socketPath, agent, atOnce }: Load): Promise<number> {
  const startedAt = performance.now();
  const work = async (): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await download(socketPath, agent);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (turns * atOnce * bytes) / 1_000 / (performance.now() - startedAt);
}

function download(socketPath: string, agent: http.Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const client = http.get({ socketPath, agent, path: `/bytes/${bytes}` }, (res) => {
    let received = 0;
    res.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    res.on('end', () => (received === bytes ? resolve() : reject(new Error(`${res.statusCode}: ${received} bytes`))));
    res.on('error', reject);
  });
  client.on('error', reject);
  return promise;
}
