import { runCommand } from '../shared/command.ts';
import { pickUrls, startEndpoints } from './endpoints/endpoints.ts';
import { createSite } from './endpoints/site.ts';
import { buildWithoutEvents } from './events/build.ts';
import { type EventsProcess, startEventsProcess, type VariantName, variantNames } from './events/process.ts';
import { loadWithAutocannon } from './load/autocannon.ts';
import { loadWithWrk } from './load/wrk.ts';
import { installPeers } from './packages/install.ts';
import { stopChildrenAtExit } from './processes/children.ts';
import { findVersion } from './processes/programs.ts';
import { median } from './statistics/quantiles.ts';

// The cost of events: CPU time per request with nobody subscribed, and with several observers, over the CPU time of a build
// without event code. All variants run in one process and are loaded by turns, because two processes of one program differ
// by more than events cost; the ratios are medians over the rounds of several such processes.

const processes = 5;
const rounds = 8;
const seconds = 1;

await runCommand(async () => {
  stopChildrenAtExit();
  installPeers();
  const nginx = findVersion('nginx');
  const load = findVersion('wrk') === undefined ? loadWithAutocannon : loadWithWrk;
  const endpoints = await startEndpoints(await createSite(0), nginx);
  const urls = pickUrls(endpoints, ['fast', 'fast', 'fast', 'fast']);
  const withoutEvents = await buildWithoutEvents();

  const ratios = new Map<VariantName, number[]>(variantNames.map((name) => [name, []]));
  for (let count = 0; count < processes; count++) {
    const child = await startEventsProcess({ urls, withoutEvents });
    // The first round warms everything up and is not counted.
    await measureRound(child, 0);
    for (let round = 0; round < rounds; round++) {
      const costs = await measureRound(child, round);
      for (const [name, cpuUs] of costs) ratios.get(name)?.push(cpuUs / (costs.get('no event code') ?? Number.NaN));
    }
    child.stop();
  }
  console.log(`${process.version}, race of 4 over undici, ${processes} processes of ${rounds} rounds\n`);
  for (const [name, all] of ratios) console.log(`${name.padEnd(24)} ${median(all).toFixed(3)}`);
  process.exit(0);

  /** CPU microseconds per request of each variant, loaded one after the other. */
  async function measureRound(child: EventsProcess, round: number): Promise<Map<VariantName, number>> {
    const costs = new Map<VariantName, number>();
    const turned = variantNames.map((_, index) => variantNames[(index + round) % variantNames.length] as VariantName);
    for (const name of turned) {
      const before = await child.usage();
      const { failures } = await load({ url: child.urlOf(name), seconds, bodyBytes: undefined });
      if (failures > 0) throw new Error(`${name}: ${failures} requests failed`);
      const after = await child.usage();
      costs.set(name, (after.cpuUs - before.cpuUs) / (after.requests - before.requests));
    }
    return costs;
  }
});
