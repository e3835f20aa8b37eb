import { createServer } from 'node:http';
import { onStopSignal, runCommand } from '../shared/command.ts';
import { createBalancingProxy } from '../src/index.ts';
import { createDashboard } from '../src/observers/dashboard/dashboard.ts';
import { type FlagTable, portFlag, readFlags } from './flags.ts';
import { describeFleet, type Fleet, fleetFlags, startFleet } from './fleet.ts';
import { close, listen } from './listen.ts';
import { createOutage, onLine, type RepeatedOutage, repeatOutage } from './outage.ts';
import { createRaceLog } from './race-log.ts';
import { describeBackup, describeHeld } from './race-words.ts';

const milliseconds = { min: 1, max: 3_600_000 };

const demoFlags = {
  port: portFlag('where the proxy listens', 8080),
  'dashboard-port': portFlag('where the dashboard listens', 8081),
  backup: {
    help: 'one more server, which is asked when all flaky ones are no help, and outages of these',
    isSwitch: true,
  },
  'outage-every': { help: 'milliseconds between two outages, with --backup', fallback: 30_000, ...milliseconds },
  'outage-for': { help: 'milliseconds that an outage lasts, with --backup', fallback: 12_000, ...milliseconds },
  ...fleetFlags,
} satisfies FlagTable;

async function main(): Promise<void> {
  const flags = readFlags(demoFlags);
  const fleet = await startFleet(flags, flags.backup === 1);
  const { urls, servers, backup } = fleet;
  const proxy = createBalancingProxy({ endpoints: backup ? [...urls, backup] : urls });
  const raceLog = createRaceLog(flags['max-delay']);
  proxy.subscribe(raceLog.observer(backup && describeBackup(backup.name, describeHeld)));

  const server = createServer(proxy);
  const port = await listen(server, { port: flags.port, flag: 'port' });

  // The dashboard listens on this machine only, so its viewers may drain the flaky servers.
  const dashboard = createDashboard(proxy, { allowActions: true });
  const dashboardServer = createServer(dashboard);
  const dashboardPort = await listen(dashboardServer, { port: flags['dashboard-port'], flag: 'dashboard-port' });

  const endOutages = backup && repeatOutage(servers, outagesOf(flags));
  onStopSignal(async () => {
    dashboard.close();
    await endOutages?.();
    await Promise.all([close(server), close(dashboardServer), proxy.close()]);
    await fleet.close();
  });
  offerOutage(fleet);
  const advice = [
    ...advise(port),
    ...(backup ? adviseOnOutages(port, flags) : []),
    ...adviseToWatch(fleet, dashboardPort),
  ];
  console.log([...describeFleet(fleet, flags), ...advice, raceLog.legend, ''].join('\n'));
}

type OutageFlags = Readonly<Record<'outage-every' | 'outage-for', number>>;

function outagesOf({ 'outage-every': everyMs, 'outage-for': forMs }: OutageFlags): RepeatedOutage {
  return { everyMs, forMs, tell: (line) => console.log(`${line}\n`) };
}

function adviseOnOutages(port: number, { 'outage-every': everyMs, 'outage-for': forMs }: OutageFlags): string[] {
  return [
    `Every ${everyMs / 1_000} s all flaky servers go away, for ${forMs / 1_000} s. Who answers then, and before and after?`,
    `  while sleep 0.3; do curl -s http://localhost:${port}/hello; done`,
  ];
}

/** Lets the user see what becomes of a server that cannot be reached, or, where there is a backup, of a tier. */
function offerOutage({ servers, backup }: Fleet): void {
  const toggles = (backup ? servers : servers.slice(-1)).map(createOutage);
  onLine(process.stdin, 'o', async () => {
    for (const toggle of toggles) console.log(await toggle());
  });
}

function adviseToWatch({ urls, backup }: Fleet, port: number): string[] {
  const outage = backup
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
