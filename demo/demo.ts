import { createServer } from 'node:http';
import express from 'express';
import { createBalancingProxy } from '../src/index.ts';
import { onStopSignal, runCommand } from './command.ts';
import { portFlag, readFlags } from './flags.ts';
import { describeFleet, fleetFlags, startFleet } from './fleet.ts';
import { close, listen } from './listen.ts';
import { createRaceLog } from './race-log.ts';

async function main(): Promise<void> {
  const flags = readFlags({ port: portFlag('where the proxy listens', 8080), ...fleetFlags });
  const fleet = await startFleet(flags);
  const proxy = createBalancingProxy({ endpoints: fleet.urls });
  const raceLog = createRaceLog(flags['max-delay']);
  proxy.subscribe(raceLog.observer);

  const app = express().disable('x-powered-by').use(proxy);
  const server = createServer(app);
  const port = await listen(server, { port: flags.port, flag: 'port' });

  onStopSignal(async () => {
    await Promise.all([close(server), proxy.close()]);
    await fleet.close();
  });
  console.log([...describeFleet(fleet, flags), ...advise(port), raceLog.legend, ''].join('\n'));
}

function advise(port: number): string[] {
  const url = `http://localhost:${port}/hello`;
  return [
    `The proxy in front of them listens on http://localhost:${port}. Try, in another terminal:`,
    `  curl -i ${url}`,
    `  for i in $(seq 40); do curl -s -o /dev/null -w '%{http_code} ' ${url}; done`,
  ];
}

await runCommand(main);
