import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { MiB } from '../../../shared/bytes.ts';
import { connections } from '../../load/load.ts';
import type { Sample } from '../results/figures.ts';
import type { Settings } from '../works/flags.ts';
import type { Work } from '../works/works.ts';
import { ask, countBytes } from './client.ts';
import type { Bench, Kind, Subject } from './kind.ts';

/** The first and the last moments of a load are not counted, because connections are opened and cut in them. */
const edgeMs = 150;

/** CPU time, connections, throughput and latency under load. */
export const underLoad: Kind = {
  columns: ['cpuUs', 'requestsPerSecond', 'p50Ms', 'p99Ms', 'connectionsPerRequest', 'peakMemoryMiB'],
  maxRounds: Infinity,
  note: () => undefined,
  warmUp,
  sample,
};

async function warmUp(url: string, { path, bodyBytes }: Work, { warmUpMs }: Settings): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const body = bodyBytes === undefined ? {} : { body: Buffer.alloc(bodyBytes, 'x') };
  const until = performance.now() + warmUpMs;
  const clients = Array.from({ length: connections }, async () => {
    while (performance.now() < until) await countBytes(await ask({ url: url + path, agent, ...body }));
  });
  await Promise.all(clients).finally(() => agent.destroy());
}

async function sample({ proxy, work }: Subject, { endpoints, load, settings }: Bench): Promise<Sample> {
  const look = async () => {
    const [usage, accepted] = await Promise.all([proxy.usage(), endpoints.acceptedConnections()]);
    return { ...usage, accepted };
  };
  const { seconds } = settings;
  const watchMiddle = async () => {
    await wait(edgeMs);
    const before = await look();
    await wait(seconds * 1_000 - 2 * edgeMs);
    return { before, after: await look() };
  };
  const [{ failures, ...seen }, { before, after }] = await Promise.all([
    load({ url: proxy.url + work.path, seconds, bodyBytes: work.bodyBytes }),
    watchMiddle(),
  ]);
  const requests = after.requests - before.requests;
  if (failures > 0) throw new Error(`${failures} requests failed or got no 2xx or 3xx`);
  if (requests === 0) throw new Error('no request came through');
  return {
    ...seen,
    cpuUs: (after.cpuUs - before.cpuUs) / requests,
    connectionsPerRequest: (after.accepted - before.accepted) / requests,
    peakMemoryMiB: after.peakBytes / MiB,
  };
}
