import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { latencyChartOf } from './tail/chart.ts';
import { type Result, runScenario } from './tail/run-scenario.ts';
import { scenarios } from './tail/scenarios.ts';
import { latencyTableOf } from './tail/table.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    chart: { type: 'string', default: '' },
  },
});

const run = { requests: Number(values.requests), perSecond: Number(values.rate), seed: Number(values.seed) };
console.log(`${run.requests} requests each, ${run.perSecond} per second, seed ${run.seed}, Node ${process.version}`);

const results: Result[] = [];
for (const scenario of scenarios.filter(({ name }) => name.includes(values.only))) {
  const result = await runScenario(scenario, run);
  results.push(result);
  console.log(`${scenario.name}: ${result.sentPerRequest.toFixed(3)} sent, ${result.hedgesDenied} hedges denied`);
}
console.log(`\n${latencyTableOf(results)}`);
if (values.chart !== '') writeFileSync(values.chart, latencyChartOf(results));
