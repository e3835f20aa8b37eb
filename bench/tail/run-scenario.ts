import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBalancingProxy } from '../../src/index.ts';
import { type CpuLoad, measureCpuLoad } from './cpu-load.ts';
import type { TailReply, TailRequest } from './endpoints.ts';
import type { LoadRequest, LoadSeed, Timing } from './load.ts';
import type { Scenario } from './scenarios.ts';
import { Thread } from './thread.ts';

/** How long a scenario runs, how fast, and from which seed. */
export interface RunOptions {
  readonly requests: number;
  readonly perSecond: number;
  readonly seed: number;
}

/** The measurements of one scenario. */
export interface Result {
  readonly scenario: Scenario;
  readonly samples: readonly Timing[];
  /** Requests that the endpoints received per request of a client. */
  readonly sentPerRequest: number;
  readonly hedgesDenied: number;
  readonly cpuLoad: CpuLoad;
}

/** The first seconds are not counted: they teach a learned delay what is normal. */
const warmUpSeconds = 15;

/** Runs the load against a proxy over fresh endpoints. */
export async function runScenario(scenario: Scenario, { requests, perSecond, seed }: RunOptions): Promise<Result> {
  const endpoints = new Thread<TailRequest, TailReply>(new URL('./endpoints.ts', import.meta.url));
  const clients = new Thread<LoadRequest, readonly Timing[]>(new URL('./load.ts', import.meta.url), {
    seed,
  } satisfies LoadSeed);
  const started = await endpoints.ask({
    type: 'start',
    count: scenario.endpoints,
    seed,
    errorRatio: scenario.errorRatio ?? 0,
  });
  const proxy = createBalancingProxy({ ...scenario.options, endpoints: urlsOf(started) });
  const server = createServer(proxy).listen(0, '127.0.0.1');
  // A connection that is closed while the next request is on its way is the client's affair, and is not measured here.
  server.keepAliveTimeout = 0;
  await once(server, 'listening');
  const load = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, perSecond };

  await clients.ask({ ...load, requests: warmUpSeconds * perSecond });
  const before = receivedOf(await endpoints.ask({ type: 'slow-down', factor: scenario.slowdown ?? 1 }));
  const deniedBefore = proxy.hedgesDenied;
  const cpuLoadSince = measureCpuLoad();
  const samples = await clients.ask({ ...load, requests });
  const cpuLoad = cpuLoadSince();
  const received = receivedOf(await endpoints.ask({ type: 'stop' })) - before;

  server.close();
  server.closeAllConnections();
  await proxy.close();
  await Promise.all([clients.end(), endpoints.end()]);
  const hedgesDenied = proxy.hedgesDenied - deniedBefore;
  return { scenario, samples, sentPerRequest: received / requests, hedgesDenied, cpuLoad };
}

function urlsOf(reply: TailReply): readonly string[] {
  return reply.type === 'started' ? reply.urls : [];
}

function receivedOf(reply: TailReply): number {
  return reply.type === 'started' ? 0 : reply.received;
}
