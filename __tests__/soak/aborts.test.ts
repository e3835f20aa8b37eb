import net from 'node:net';
import { Resources, request } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';
import { startChild } from './child.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const requests = 20_000;
/** As long as a young process needs to drop what it took for its start, 5 MB of it only after thousands of requests. */
const warmUps = 8_000;
const concurrency = 20;

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
    const endpoint = await resources.start((req, res) => {
      if (req.url === '/stream') res.write('x'.repeat(1_000));
      else if (req.url === '/slow') setTimeout(() => res.end('slow'), 2);
      else if (req.url === '/ordinary') res.writeHead(200, { Connection: 'close' }).end('fine');
    });
    const proxy = resources.use(await startChild('proxy-process.ts', endpoint.url, endpoint.url));
    const port = Number(proxy.hello);
    const run = async (from: number, to: number): Promise<void> => {
      let next = from;
      const work = async (): Promise<void> => {
        for (let index = next++; index < to; index = next++) await abort(port, index);
      };
      await Promise.all(Array.from({ length: concurrency }, work));
      await endpoint.idle();
    };
    /** What is open when nothing is under way any more: the proxy's side of a connection may close a little later. */
    const openAtRest = async (): Promise<Record<string, number>> => {
      let open: Record<string, number> = {};
      await until(async () => {
        open = (await proxy.ask('open?')) as Record<string, number>;
        return open.TCPSocketWrap === undefined;
      });
      return open;
    };

    const openBefore = await openAtRest();
    await run(0, warmUps);
    await openAtRest();
    const neededBefore = Number(await proxy.ask('needed?'));
    await run(warmUps, requests);
    const openAfter = await openAtRest();
    const leakedBytes = Number(await proxy.ask('needed?')) - neededBefore;

    console.log(leakedBytes, openBefore);
    expect(leakedBytes / (requests - warmUps)).toBeLessThan(100);
    expect(openAfter).toEqual(openBefore);
    expect((await request(`http://127.0.0.1:${port}/ordinary`)).text).toBe('fine');
  }, 300_000);
});
