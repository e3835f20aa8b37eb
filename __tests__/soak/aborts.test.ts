import http from 'node:http';
import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createBalancingProxy } from '../../src/index.ts';
import { activeResources, surplusOver } from '../helpers/leaks.ts';
import { Resources } from '../helpers/proxy.ts';
import { listen, startHttp } from '../helpers/servers.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const requests = 20_000;
const warmUps = 2_000;
const concurrency = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The bytes of the heap that are still needed. */
async function neededBytes(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await setImmediate();
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = 'POST /hang HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n';

/** Every stage at which a client can go away: the bytes that it sends, and whether it waits for the first ones to come. */
const stages: ReadonlyArray<{ readonly bytes: string; readonly waits: boolean }> = [
  { bytes: get('/hang'), waits: false },
  { bytes: get('/stream'), waits: true },
  { bytes: get('/slow'), waits: false },
  { bytes: get('/hang') + get('/stream'), waits: false },
  { bytes: `${post}half`, waits: false },
  { bytes: `${post}whole body`, waits: false },
];

/** Sends what belongs to the stage of this number and goes away. */
function abort(port: number, index: number): Promise<void> {
  const { bytes = '', waits = false } = stages[index % stages.length] ?? {};
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = net.connect(port, '127.0.0.1');
  const leave = index % 2 === 0 ? () => void socket.destroy() : () => void socket.resetAndDestroy();
  socket.on('error', () => {}).once('close', () => resolve());
  socket.write(bytes, () => {
    if (waits) socket.once('data', leave);
    else setTimeout(leave, index % 4);
  });
  return promise;
}

describe('20,000 requests whose client goes away', () => {
  test('leave no memory, socket or timer behind', async () => {
    const before = activeResources();
    const endpoint = resources.use(
      await startHttp((req, res) => {
        if (req.url === '/stream') res.write('x'.repeat(1_000));
        else if (req.url === '/slow') setTimeout(() => res.end('slow'), 2);
      }),
    );
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url, endpoint.url] }));
    const server = resources.use(await listen(http.createServer(proxy)));
    const run = async (from: number, to: number): Promise<void> => {
      let next = from;
      const work = async (): Promise<void> => {
        for (let index = next++; index < to; index = next++) await abort(server.port, index);
      };
      await Promise.all(Array.from({ length: concurrency }, work));
      await endpoint.idle();
    };

    await run(0, warmUps);
    const neededBefore = await neededBytes();
    await run(warmUps, warmUps + requests);
    const growth = (await neededBytes()) - neededBefore;

    console.log(growth);
    expect(growth / requests).toBeLessThan(100);
    expect([endpoint.sockets.size, server.sockets.size]).toEqual([0, 0]);
    await resources.closeAll();
    expect(proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
    expect(await surplusOver(before)).toEqual({});
  }, 180_000);
});
