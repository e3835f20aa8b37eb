import type { BalancingProxy, DnsSnapshot } from '../../index.ts';
import { resultWithin } from '../../support/timer.ts';

/** Milliseconds for which requests wait for a proxy that asks DNS: a mute name holds up the others no longer. */
const patienceMs = 500;

/** The same while no endpoint at all is known. */
const morePatienceMs = 2_000;

/**
 * Asks DNS for the endpoints of a proxy, so that its first requests find all of them. Resolves when there are answers for all names, good or
 * bad, or after half a second, two where no endpoint is known.
 * @param before what another proxy has learned.
 */
export async function discoverShortly(
  proxy: Pick<BalancingProxy, 'discover' | 'endpoints'>,
  before: readonly DnsSnapshot[],
): Promise<void> {
  const discovered = proxy.discover(before);
  await resultWithin(patienceMs, () => discovered);
  if (proxy.endpoints.length === 0) await resultWithin(morePatienceMs - patienceMs, () => discovered);
}
