import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { stopChildrenAtExit } from './processes/children.ts';
import { attacks } from './slow/attacks.ts';
import { during, OrdinaryClients, type OrdinaryRequests } from './slow/measure.ts';
import { startServers } from './slow/servers.ts';
import { markdownTable } from './tables/markdown-table.ts';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '200' },
    windows: { type: 'string', default: '5' },
    requests: { type: 'string', default: '300' },
    'per-second': { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
  },
});

const connections = Number(values.connections);
const size = { connections, perSecond: Number(values.rate), seconds: 240 };
const windows = {
  count: Number(values.windows),
  requests: Number(values.requests),
  perSecond: Number(values['per-second']),
};

stopChildrenAtExit();
const servers = await startServers();
const clients = new OrdinaryClients();
const names = ['command', 'nginx'] as const;
console.log(`${connections} slow clients, ${size.perSecond} a second; Node ${process.version}, ${cpus().length} cores`);

/** The cells of one line: p50, p99 and failures of each server. */
async function lineOf(title: string, measure: (url: string) => Promise<OrdinaryRequests>): Promise<readonly string[]> {
  const cells: string[] = [title];
  for (const name of names) {
    const { p50Ms, p99Ms, failures } = await measure(servers.urls[name]);
    cells.push(p50Ms.toFixed(1), p99Ms.toFixed(1), String(failures));
  }
  console.log(cells.join('  '));
  return cells;
}

const ask = (url: string) => clients.ask(url, windows);
await lineOf('warm-up', ask);
const lines = [await lineOf('quiet', ask)];
for (const attack of attacks.filter(({ name }) => name.includes(values.only)))
  lines.push(await lineOf(attack.name, (url) => during(attack, url, size, () => ask(url))));
lines.push(await lineOf('quiet again', ask));
const head = ['slow clients', ...names.flatMap((name) => [`${name} p50 ms`, 'p99 ms', 'failed'])];
console.log(`\n${markdownTable(head, lines)}`);
await clients.end();
servers.close();
process.exit();
