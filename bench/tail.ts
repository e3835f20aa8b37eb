import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { latencyChartOf } from './tail/chart.ts';
import { type Result, runScenario } from './tail/run-scenario.ts';
import { scenarios } from './tail/scenarios.ts';
import { latencyTableOf } from './tail/table.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    chart: { type: 'string', default: '' },
  },
});

const run = { requests: Number(values.requests), perSecond: Number(values.rate), seed: Number(values.seed) };
const machine = `Node ${process.version}, ${cpus().length} cores`;
console.log(`${run.requests} requests each, ${run.perSecond} per second, seed ${run.seed}, ${machine}`);

const percent = (ratio: number) => `${(100 * ratio).toFixed(0)} %`;

const results: Result[] = [];
for (const scenario of scenarios.filter(({ name }) => name.includes(values.only))) {
  const result = await runScenario(scenario, run);
  results.push(result);
  const { sentPerRequest, hedgesDenied, cpuLoad } = result;
  const cpu = `CPU ${percent(cpuLoad.ownRatio)} busy with it, ${percent(cpuLoad.machineRatio)} in all`;
  console.log(`${scenario.name}: ${sentPerRequest.toFixed(3)} sent, ${hedgesDenied} hedges denied, ${cpu}`);
}
console.log(`\n${latencyTableOf(results)}`);
if (values.chart !== '') writeFileSync(values.chart, latencyChartOf(results));
