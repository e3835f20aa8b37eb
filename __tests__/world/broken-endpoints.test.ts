import { setTimeout as pause } from 'node:timers/promises';
import { seedTitle } from '../fuzz/seed.ts';
import type { BreakReport } from './breaks/client-process.ts';
import { shapes } from './breaks/shapes.ts';
import { describeWorld } from './needs.ts';
import { farAddress, nearAddress } from './net/link.ts';
import { kill } from './net/namespace.ts';
import { type NodeProgram, startNode } from './net/node-program.ts';
import type { TransportName } from './traffic/proxy-process.ts';
import { World } from './world.ts';

/** WORLD_REQUESTS=20000 is a search for what is rare; the rule is a share that takes seconds. */
const count = Number(process.env.WORLD_REQUESTS ?? 280);
const killEveryMs = 400;
const ports = [9_001, 9_002, 9_003];

interface Row {
  readonly strategy: 'hedge' | 'race';
  readonly transport: TransportName;
}

const rows: readonly Row[] = [
  { strategy: 'hedge', transport: 'got' },
  { strategy: 'hedge', transport: 'undici' },
  { strategy: 'race', transport: 'got' },
  { strategy: 'race', transport: 'undici' },
];

/** Bodies that end with the connection: the kernel closes the connections of a killed process as if it had closed them. */
const hasNoKnownEnd = (path: string): boolean => path.startsWith('/close/');

describeWorld(`HTTP/1.1 to endpoints that are killed within their answers (${seedTitle})`, [], () => {
  let world: World;
  const endpoints = new Map<number, NodeProgram>();
  beforeAll(async () => {
    world = await World.create({ delayMs: 5, lossRatio: 0.02 });
  }, 60_000);
  afterAll(() => world?.close());

  const startEndpoint = async (port: number): Promise<void> => {
    endpoints.set(port, await startNode(world.far, 'breaks/endpoint-process.ts', { host: farAddress, port }));
  };

  /** Kills one endpoint after the other, and starts it again, until the work is done. */
  const killDuring = async (work: Promise<unknown>): Promise<void> => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    for (let index = 0; !isDone; index = (index + 1) % ports.length) {
      await Promise.race([pause(killEveryMs), done]);
      const port = ports[index] ?? 0;
      const endpoint = endpoints.get(port);
      if (endpoint && !isDone) await kill(endpoint.child).then(() => startEndpoint(port));
    }
  };

  test.each(rows)(
    'give the client no answer that looks whole and is not, in a $strategy over $transport',
    async ({ strategy, transport }) => {
      for (const port of ports) if (!endpoints.has(port)) await startEndpoint(port);
      const proxy = await world.startProxy({
        endpoints: ports.map((port) => `http://${farAddress}:${port}`),
        transport,
        http2: false,
        host: nearAddress,
        options: {
          strategy,
          hedge: { delayMs: 100 },
          timeouts: { connectMs: 3_000, responseMs: 5_000, idleMs: 5_000 },
        },
      });
      // Behind the link, too: answers are lost on both ways.
      const client = await startNode(world.far, 'breaks/client-process.ts', {});
      const port = Number(new URL(String(proxy.hello)).port);
      const asking = client.ask({ host: nearAddress, port, count, parallel: 20, patienceMs: 30_000 });
      await killDuring(asking);
      const { endings, short } = (await asking) as BreakReport;
      await Promise.all([kill(proxy.child), kill(client.child)]);

      if (process.env.WORLD_REQUESTS) console.log(`${strategy}, ${transport}: ${JSON.stringify(endings)}`);
      expect(short.filter(({ path }) => !hasNoKnownEnd(path))).toEqual([]);
      expect(shapes.map((shape) => endings[shape]?.hanging ?? 0)).toEqual(shapes.map(() => 0));
      expect(Math.min(...shapes.map((shape) => endings[shape]?.whole ?? 0))).toBeGreaterThan(0);
    },
    Math.max(90_000, count * 100),
  );
});
