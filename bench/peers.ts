import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { runCommand } from '../shared/command.ts';
import { startEndpoints } from './endpoints/endpoints.ts';
import { createSite } from './endpoints/site.ts';
import { loadWithAutocannon } from './load/autocannon.ts';
import { loadWithWrk } from './load/wrk.ts';
import { installPeers } from './packages/install.ts';
import { kinds, measureWork } from './peers/measure.ts';
import { chartOf } from './peers/results/chart.ts';
import { judge } from './peers/results/goals.ts';
import type { WorkResult } from './peers/results/results.ts';
import { goalTableOf, tableOf } from './peers/results/table.ts';
import { parseSettings, type Settings, usage } from './peers/works/flags.ts';
import { chooseWorks, type Work } from './peers/works/works.ts';
import { stopChildrenAtExit } from './processes/children.ts';
import { findVersion } from './processes/programs.ts';

await runCommand(async () => {
  const settings = parseSettings(process.argv.slice(2));
  if (settings === undefined) return console.log(usage);
  const chosen = chooseWorks(settings);
  stopChildrenAtExit();
  installPeers();
  await run(settings, chosen);
});

async function run(settings: Settings, works: readonly Work[]): Promise<void> {
  const startedAt = new Date();
  const nginx = findVersion('nginx');
  const wrk = findVersion('wrk');
  const machine = {
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    endpoints: nginx === undefined ? 'Node, because there is no nginx' : `nginx ${nginx}`,
    load: wrk === undefined ? 'autocannon, because there is no wrk' : `wrk ${wrk}`,
  };
  for (const [name, value] of Object.entries(machine)) console.log(`${name}: ${value}`);
  console.log(`rounds: ${settings.rounds} of ${settings.seconds} s${settings.isQuick ? ', quick' : ''}`);

  const site = await createSite(settings.downloadBytes);
  const bench = {
    settings,
    endpoints: await startEndpoints(site, nginx),
    load: wrk === undefined ? loadWithAutocannon : loadWithWrk,
  };
  const results: WorkResult[] = [];
  for (const work of works) {
    const result = await measureWork(work, bench, site.cert);
    results.push(result);
    console.log(`\n## ${work.name}${result.note === undefined ? '' : ` (${result.note})`}\n`);
    console.log(tableOf(result, kinds[work.kind].columns));
  }
  finish({ startedAt, machine, settings, results });
}

interface Finished {
  readonly startedAt: Date;
  readonly machine: Readonly<Record<string, string>>;
  readonly settings: Settings;
  readonly results: readonly WorkResult[];
}

function finish({ startedAt, machine, settings, results }: Finished): never {
  const verdicts = judge(results);
  if (verdicts.length > 0)
    console.log(
      `\n## Goals${settings.isQuick ? ' (not to be judged by a quick run)' : ''}\n\n${goalTableOf(verdicts)}`,
    );
  console.log(`\n${Math.round((Date.now() - startedAt.getTime()) / 1_000)} s`);
  const { jsonFile, chartFile } = settings;
  const report = { startedAt, machine, settings, results, goals: verdicts };
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  if (chartFile !== undefined) writeFileSync(chartFile, chartOf(results));
  // The exit takes endpoints and proxies along. A slow row is no failure; a row that does not work is one.
  const isBroken = results.some(({ rows }) => rows.some(({ problem }) => problem !== undefined));
  process.exit(isBroken ? 1 : 0);
}
