import path from 'node:path';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { type Received, request } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';
import { describeWorld } from './needs.ts';
import { nodeHttp2, startOrigin } from './servers/node.ts';
import type { TransportName } from './traffic/proxy-process.ts';
import { World } from './world.ts';

const transports: readonly TransportName[] = ['got', 'undici'];

/** A connection may be in doubt for a while; without any means against it, it is dead for a quarter of an hour. */
const maxMs = 20_000;

describeWorld('a connection of HTTP/2 that is dead', [], () => {
  let world: World;
  let farUrl: string;
  let count = 0;
  beforeEach(async () => {
    world = await World.create({ delayMs: 5 });
    farUrl = await world.serve(nodeHttp2);
  }, 60_000);
  afterEach(() => world?.close());

  /** Starts a proxy and gives what asks it for a small file. */
  const start = async (
    transport: TransportName,
    endpoints: readonly string[],
    options: Omit<BalancingProxyOptions, 'endpoints' | 'transport'>,
  ): Promise<() => Promise<Received>> => {
    const socketPath = path.join(world.site.folder, `proxy-${++count}`);
    await world.startProxy({ endpoints, transport, http2: true, socketPath, options });
    return () => request('http://proxy/bytes/1000', { socketPath });
  };

  /** @returns after how many milliseconds it was so. */
  const untilAnswer = async (ask: () => Promise<Received>, isGood: (answer: Received) => boolean): Promise<number> => {
    const startedAt = performance.now();
    await until(async () => isGood(await ask()));
    return performance.now() - startedAt;
  };

  const impatient = { timeouts: { connectMs: 10_000, responseMs: 1_000 } };
  const isServed = ({ status }: Received) => status === 200;

  test.each(transports)(
    'is replaced where its packets vanish, with %s',
    async (transport) => {
      const ask = await start(transport, [farUrl], impatient);
      expect((await ask()).status).toBe(200);
      world.link?.forgetConnections();
      expect(await untilAnswer(ask, isServed)).toBeLessThan(maxMs);
    },
    60_000,
  );

  test.each(transports)(
    'is replaced where another endpoint wins all races meanwhile, with %s',
    async (transport) => {
      const near = { host: '127.0.0.1', port: 8_500, delayMs: 150 };
      const { certFile, keyFile } = world.site;
      await startOrigin(world.near, { ...near, tls: { certFile, keyFile } });
      const nearUrl = `https://${near.host}:${near.port}`;
      const ask = await start(transport, [farUrl, nearUrl], { exposeEndpoint: true });
      const isFromAfar = ({ headers }: Received) => farUrl.includes(String(headers['x-served-by']));
      await untilAnswer(ask, isFromAfar);
      world.link?.forgetConnections();
      expect((await ask()).status).toBe(200);
      expect(await untilAnswer(ask, isFromAfar)).toBeLessThan(maxMs);
    },
    60_000,
  );

  test.each(transports)(
    'serves again, or is replaced, when a cut cable is mended, with %s',
    async (transport) => {
      const ask = await start(transport, [farUrl], impatient);
      expect((await ask()).status).toBe(200);
      world.link?.set({ lossRatio: 1 });
      for (let round = 0; round < 3; round++) expect((await ask()).status).toBe(504);
      world.link?.set({ delayMs: 5 });
      expect(await untilAnswer(ask, isServed)).toBeLessThan(maxMs);
    },
    60_000,
  );
});
