import { seed, seedTitle } from '../fuzz/seed.ts';
import { describeWorld } from './needs.ts';
import type { LinkManners } from './net/link.ts';
import { goServer } from './servers/go.ts';
import { h2o } from './servers/h2o.ts';
import type { Http2Server } from './servers/http2-server.ts';
import { nghttpd } from './servers/nghttpd.ts';
import { nginx } from './servers/nginx.ts';
import { nodeHttp2 } from './servers/node.ts';
import type { TransportName } from './traffic/proxy-process.ts';
import { World } from './world.ts';

/** WORLD_REQUESTS=20000 is the whole of it; the rule is a share that takes seconds. */
const asked = Number(process.env.WORLD_REQUESTS ?? 0);

const transports: readonly TransportName[] = ['got', 'undici'];

interface Weather {
  readonly title: string;
  readonly manners?: LinkManners;
  readonly servers: readonly Http2Server[];
  readonly count: number;
  readonly parallel: number;
  readonly largestBytes?: number;
}

const weathers: readonly Weather[] = [
  {
    title: 'over a network without faults',
    servers: [nginx(), nginx(100), nghttpd, h2o, nodeHttp2, goServer],
    count: 1_000,
    parallel: 40,
  },
  {
    title: 'over a network that loses 2 % of the packets, at round trips of 10 ms',
    manners: { delayMs: 5, lossRatio: 0.02 },
    servers: [nginx(100), nodeHttp2],
    count: 300,
    parallel: 30,
    largestBytes: 300_000,
  },
  {
    title: 'at round trips of 50 ms',
    manners: { delayMs: 25 },
    servers: [nginx(100), nodeHttp2],
    count: 300,
    parallel: 30,
  },
];

for (const { title, manners, servers, count, parallel, largestBytes } of weathers) {
  describeWorld(`HTTP/2 ${title} (${seedTitle})`, [...new Set(servers.map(({ program }) => program))], () => {
    let world: World;
    beforeAll(async () => {
      world = await World.create(manners);
    }, 60_000);
    afterAll(() => world?.close());

    describe.each(servers)('to $name', (server) => {
      let url: string;
      beforeAll(async () => {
        url = await world.serve(server);
      }, 120_000);

      test.each(transports)(
        'loses and changes nothing of mixed requests, with %s',
        async (transport) => {
          const { abilities } = server;
          const order = { count: asked || count, parallel, seed, abilities, patienceMs: 60_000 };
          const options = { timeouts: { connectMs: 10_000, responseMs: 30_000, idleMs: 30_000 } };
          const proxy = { endpoints: [url], transport, http2: true, options };
          const { wrong, lost, complaints, ...report } = await world.drive(proxy, {
            ...order,
            ...(largestBytes !== undefined && { largestBytes }),
          });
          if (asked)
            console.log(`${server.name}, ${title}, ${transport}: ${JSON.stringify({ wrong, lost, ...report })}`);
          expect({ wrong, lost, complaints }).toEqual({ wrong: 0, lost: 0, complaints: [] });
        },
        asked ? 1_200_000 : 90_000,
      );
    });
  });
}
