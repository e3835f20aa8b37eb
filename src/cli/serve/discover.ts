import type { BalancingProxy, DnsSnapshot } from '../../index.ts';
import { resultWithin } from '../../support/timer.ts';

/** Milliseconds that the start waits for DNS, so that the first requests find all endpoints; a mute DNS holds it up no longer. */
const patienceMs = 2_000;

/** Asks DNS for the endpoints of a proxy. Resolves when there are answers for all names, good or bad, or two seconds are over. */
export async function discoverShortly(
  proxy: Pick<BalancingProxy, 'discover'>,
  before: readonly DnsSnapshot[],
): Promise<void> {
  await resultWithin(patienceMs, () => proxy.discover(before));
}
