import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createRandom } from '../../shared/random.ts';

/** The latency and success of one request. */
export interface Timing {
  /** Counted from the moment at which the request was due, so that a stall delays all requests that it holds up. */
  readonly latencyMs: number;
  readonly isSuccess: boolean;
}

/** A message of the bench to the clients, who live in a thread of their own: what keeps the proxy busy is not to make them late. */
export interface LoadRequest {
  readonly url: string;
  readonly requests: number;
  readonly perSecond: number;
}

/** What the thread of the clients is given when it starts. */
export interface LoadSeed {
  readonly seed: number;
}

/**
 * Sends requests at a given rate, at random moments (Poisson), whether or not the ones before have been answered: as
 * many independent users do.
 */
async function sendLoad({ url, requests, perSecond }: LoadRequest, random: () => number): Promise<readonly Timing[]> {
  const agent = new Agent({ keepAlive: true });
  const samples: Array<Promise<Timing>> = [];
  let dueAt = performance.now();
  for (let i = 0; i < requests; i++) {
    dueAt += (-Math.log(1 - random()) * 1_000) / perSecond;
    const early = dueAt - performance.now();
    if (early > 1) await wait(early);
    samples.push(sendOne(url, agent, dueAt));
  }
  const all = await Promise.all(samples);
  agent.destroy();
  return all;
}

function sendOne(url: string, agent: Agent, dueAt: number): Promise<Timing> {
  return new Promise((resolve) => {
    const done = (isSuccess: boolean) => resolve({ latencyMs: performance.now() - dueAt, isSuccess });
    get(url, { agent }, (res) => {
      res.resume().once('end', () => done(res.statusCode === 200));
    }).once('error', () => done(false));
  });
}

if (parentPort) {
  const random = createRandom((workerData as LoadSeed).seed);
  parentPort.on('message', async (request: LoadRequest) => parentPort?.postMessage(await sendLoad(request, random)));
}
