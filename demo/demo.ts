import { createServer } from 'node:http';
import express from 'express';
import { onStopSignal, runCommand } from '../shared/command.ts';
import { createBalancingProxy, type EndpointOption } from '../src/index.ts';
import { createDashboard } from '../src/observers/dashboard/dashboard.ts';
import { type FlagTable, portFlag, readFlags } from './flags.ts';
import { describeFleet, type Fleet, fleetFlags, startFleet } from './fleet.ts';
import { close, listen } from './listen.ts';
import { createOutage, onLine } from './outage.ts';
import { createRaceLog } from './race-log.ts';

const demoFlags = {
  port: portFlag('where the proxy listens', 8080),
  'dashboard-port': portFlag('where the dashboard listens', 8081),
  backup: { help: 'one more server, which is asked when all flaky ones are no help', isSwitch: true },
  ...fleetFlags,
} satisfies FlagTable;

async function main(): Promise<void> {
  const flags = readFlags(demoFlags);
  const fleet = await startFleet(flags, flags.backup === 1);
  const proxy = createBalancingProxy({ endpoints: endpointsOf(fleet) });
  const raceLog = createRaceLog(flags['max-delay']);
  proxy.subscribe(raceLog.observer());

  const app = express().disable('x-powered-by').use(proxy);
  const server = createServer(app);
  const port = await listen(server, { port: flags.port, flag: 'port' });

  // The dashboard listens on this machine only, so its viewers may drain the flaky servers.
  const dashboard = createDashboard(proxy, { allowActions: true });
  const dashboardServer = createServer(dashboard);
  const dashboardPort = await listen(dashboardServer, { port: flags['dashboard-port'], flag: 'dashboard-port' });

  onStopSignal(async () => {
    dashboard.close();
    await Promise.all([close(server), close(dashboardServer), proxy.close()]);
    await fleet.close();
  });
  offerOutage(fleet);
  const advice = [...advise(port), ...adviseToWatch(fleet, dashboardPort)];
  console.log([...describeFleet(fleet, flags), ...advice, raceLog.legend, ''].join('\n'));
}

function endpointsOf({ urls, backupUrl }: Fleet): readonly EndpointOption[] {
  return backupUrl ? [...urls, { url: backupUrl, tier: 1 }] : urls;
}

/** Lets the user see what becomes of a server that cannot be reached, or, where there is a backup, of a tier. */
function offerOutage({ servers, backupUrl }: Fleet): void {
  const toggles = (backupUrl ? servers : servers.slice(-1)).map(createOutage);
  onLine(process.stdin, 'o', async () => {
    for (const toggle of toggles) console.log(await toggle());
  });
}

function adviseToWatch({ urls, backupUrl }: Fleet, port: number): string[] {
  const outage = backupUrl
    ? 'Type o and Enter to take all but the backup away, as in an outage, and again to bring them back.'
    : `Type o and Enter to take ${urls.at(-1)} away, as in an outage, and again to bring it back.`;
  return [`The dashboard shows all of it, live: http://localhost:${port}`, outage];
}

function advise(port: number): string[] {
  const url = `http://localhost:${port}/hello`;
  return [
    `The proxy in front of them listens on http://localhost:${port}. Try, in another terminal:`,
    `  curl -i ${url}`,
    `  for i in $(seq 40); do curl -s -o /dev/null -w '%{http_code} ' ${url} || echo broken off; done`,
    `  curl -N -H 'Accept: text/event-stream' ${url}`,
  ];
}

await runCommand(main);
