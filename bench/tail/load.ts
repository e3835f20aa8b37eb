import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** The latency and success of one request. */
export interface Timing {
  /** Counted from the moment at which the request was due, so that a stall delays all requests that it holds up. */
  readonly latencyMs: number;
  readonly isSuccess: boolean;
}

/** How many requests are sent, how often and where. */
export interface ArrivalOptions {
  readonly url: string;
  readonly requests: number;
  readonly perSecond: number;
  readonly random: () => number;
}

/**
 * Sends requests at a given rate, at random moments (Poisson), whether or not the ones before have been answered: as
 * many independent users do.
 */
export async function sendLoad({ url, requests, perSecond, random }: ArrivalOptions): Promise<readonly Timing[]> {
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
