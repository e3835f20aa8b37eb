import { createServer } from 'node:http';
import { onStopSignal, runCommand } from '../../shared/command.ts';
import type { BalancingProxy } from '../../src/index.ts';
import { createDashboard } from '../../src/observers/dashboard/dashboard.ts';
import { portFlag, readFlags } from '../flags.ts';
import { flakyFlags } from '../flakiness.ts';
import { close, listen } from '../listen.ts';
import { createRaceLog, type RaceLog } from '../race-log.ts';
import { type DescribeAttempt, describeHeld, describeStream } from '../race-words.ts';
import { listName } from './mirror.ts';
import { createMirrorFile, type MirrorFile } from './mirror-file.ts';
import {
  createMirrorProxy,
  createStreamApp,
  createTokenProxy,
  type NamedServers,
  type ShownProxy,
} from './stream-app.ts';
import { type StreamServers, startStreamServers } from './stream-servers.ts';

// Token streams of which one is good, and mirrors of a large file that break off often, behind a proxy each.

const flags = {
  port: portFlag('where the proxies listen', 0),
  seed: { ...flakyFlags.seed, help: 'repeats the breaks of the run that had this seed' },
};

/** How a proxy is shown. */
interface Shown {
  /** The heading of its dashboard. */
  readonly title: string;
  readonly raceLog: RaceLog;
  readonly describe: DescribeAttempt;
}

async function main(): Promise<void> {
  const settings = readFlags(flags);
  const file = createMirrorFile('file.bin', 50_000_000);
  const servers = await startStreamServers(file, settings.seed);
  const raceLog = createRaceLog(1_000);
  const tokens = show(createTokenProxy(servers.tokens), {
    title: 'Token streams',
    raceLog,
    describe: describeStream,
  });
  const mirrors = show(createMirrorProxy(servers.mirrors), { title: 'Mirrors', raceLog, describe: describeHeld });

  const server = createServer(createStreamApp(tokens, mirrors));
  const port = await listen(server, { port: settings.port, flag: 'port' });
  onStopSignal(async () => {
    for (const { dashboard } of [tokens, mirrors]) dashboard.close();
    await Promise.all([close(server), tokens.proxy.close(), mirrors.proxy.close()]);
    await servers.close();
  });
  const seedLine = `Seed ${settings.seed}; --seed ${settings.seed} repeats the breaks. Ctrl-C stops.`;
  const url = `http://localhost:${port}`;
  console.log([...adviseOn(servers, url), ...adviseOnFile(file, url), seedLine, raceLog.legend, ''].join('\n'));
}

function show(proxy: BalancingProxy, { title, raceLog, describe }: Shown): ShownProxy {
  proxy.subscribe(raceLog.observer(describe));
  return { proxy, dashboard: createDashboard(proxy, { title }) };
}

function adviseOn({ tokens, mirrors }: StreamServers, url: string): string[] {
  return [
    'Three token streams: one is silent after its head, one sends an error first, one is good but slow.',
    ...list(tokens),
    'Try, in another terminal:',
    `  curl -N ${url}/tokens`,
    '',
    'Four mirrors of a file of 50 MB, which break off after 5 to 20 MB, and of a small list, which two of them break off.',
    ...list(mirrors),
  ];
}

function adviseOnFile({ name, sha256 }: MirrorFile, url: string): string[] {
  return [
    'Try:',
    `  curl -s ${url}/mirror/${name} | sha256sum`,
    `  ${sha256}  is what it should print`,
    `  (cd /tmp && curl -sO ${url}/mirror/${name} && curl -s ${url}/mirror/${listName} | sha256sum -c)`,
    '',
    `Dashboards: ${url}/dashboard/tokens and ${url}/dashboard/mirror`,
  ];
}

function list(servers: NamedServers): string[] {
  return servers.map(({ name, url }) => `  ${name.padEnd(6)} ${url}`);
}

await runCommand(main);
