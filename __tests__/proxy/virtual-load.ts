import { jest } from '@jest/globals';
import { quantile } from '../../bench/statistics/quantiles.ts';
import { createRandom } from '../../shared/random.ts';
import type { VirtualProxy } from './virtual-proxy.ts';

/** Requests at random moments, as many independent users send them. */
export interface VirtualLoad {
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: number;
}

/** What became of a load. */
export interface LoadResult {
  readonly p999Ms: number;
  readonly successRatio: number;
  readonly sentPerRequest: number;
  readonly hedgesPerRequest: number;
}

/** Sends requests through a proxy by the fake clock, which goes on as fast as the machine can. */
export async function sendVirtualLoad(
  proxy: VirtualProxy,
  { perSecond, seconds, seed }: VirtualLoad,
): Promise<LoadResult> {
  const random = createRandom(seed);
  const requests = perSecond * seconds;
  const before = { sent: proxy.sent, hedges: proxy.hedges };
  const latencies: number[] = [];
  let successes = 0;
  let left = requests;
  const sendOne = async (): Promise<void> => {
    if (--left > 0) setTimeout(sendOne, (-Math.log(1 - random()) * 1_000) / perSecond);
    const startedAt = performance.now();
    if (await proxy.request()) successes++;
    latencies.push(performance.now() - startedAt);
  };
  setTimeout(sendOne, 0);
  while (latencies.length < requests) await nextTimer();
  latencies.sort((a, b) => a - b);
  return {
    p999Ms: quantile(latencies, 0.999),
    successRatio: successes / requests,
    sentPerRequest: (proxy.sent - before.sent) / requests,
    hedgesPerRequest: (proxy.hedges - before.hedges) / requests,
  };
}

/** Lets the next timer fire, and all that is promised because of it settle. */
async function nextTimer(): Promise<void> {
  jest.advanceTimersToNextTimer();
  for (let tick = 0; tick < 12; tick++) await undefined;
}
