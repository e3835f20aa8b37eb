import { createServer } from 'node:http';
import { onStopSignal, runCommand } from '../shared/command.ts';
import { createBalancingProxy } from '../src/index.ts';
import { createDashboard } from '../src/observers/dashboard/dashboard.ts';
import { portFlag, readFlags } from './flags.ts';
import { describeFleet, fleetFlags, startFleet } from './fleet.ts';
import { createGatewayApp } from './gateway-app.ts';
import { createLegacyServer } from './legacy-server.ts';
import { close, listen } from './listen.ts';
import { createRaceLog } from './race-log.ts';

const gatewayFlags = {
  port: portFlag('where the gateway listens', 8080),
  'legacy-port': portFlag('port of the ordinary server', 8090),
  ...fleetFlags,
};

async function main(): Promise<void> {
  // http-proxy calls util._extend and will not change any more; the warning would only startle the user.
  process.noDeprecation = true;
  const flags = readFlags(gatewayFlags);
  const fleet = await startFleet(flags);
  const legacy = createLegacyServer();
  const legacyPort = await listen(legacy, { port: flags['legacy-port'], flag: 'legacy-port' });
  const api = createBalancingProxy({ endpoints: fleet.urls });
  const raceLog = createRaceLog(flags['max-delay']);
  api.subscribe(raceLog.observer());

  const dashboard = createDashboard(api);
  const server = createServer(createGatewayApp({ api, dashboard, legacyUrl: `http://127.0.0.1:${legacyPort}` }));
  const port = await listen(server, { port: flags.port, flag: 'port' });

  onStopSignal(async () => {
    dashboard.close();
    await Promise.all([close(server), api.close()]);
    await Promise.all([close(legacy), fleet.close()]);
  });
  const place = `The gateway listens on http://localhost:${port}. It says what to try: curl http://localhost:${port}/`;
  console.log([...describeFleet(fleet, flags), place, raceLog.legend, ''].join('\n'));
}

await runCommand(main);
