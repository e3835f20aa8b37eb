import { createCertificate } from '../shared/certificate.ts';
import { runCommand } from '../shared/command.ts';
import { forkNode, stopChildrenAtExit } from './processes/children.ts';
import type { EndpointsStart } from './whole/answers/endpoint-process.ts';
import { type BrokenEndpoints, measureCell, type Tally } from './whole/answers/measure-cell.ts';
import { type Setup, setups } from './whole/answers/rows.ts';
import { complaintsAbout, type WholeResult, wholeTableOf } from './whole/answers/table.ts';
import { type DownloadResult, measureDownloads, startMirrors } from './whole/large/download.ts';
import { complaintsAboutDownloads, downloadTableOf } from './whole/large/table.ts';
import type { EndpointUrls } from './whole/parts/listen-both-ways.ts';
import { parseWholeSettings, type WholeSettings, wholeUsage } from './whole/settings.ts';

// How many answers come whole from endpoints that break off in the middle of their answers.

const endpointCount = 4;
const breakRatio = 0.25;

await runCommand(async () => {
  const settings = parseWholeSettings(process.argv.slice(2));
  if (settings === undefined) return console.log(wholeUsage);
  stopChildrenAtExit();
  const startedAt = performance.now();
  const { large } = settings;
  const complaints = await (large ? measureLarge(large) : measureRows(settings));
  for (const complaint of complaints) console.error(complaint);
  console.log(`${Math.round((performance.now() - startedAt) / 1_000)} s, Node ${process.version}`);
  // The exit takes the endpoints along.
  process.exit(complaints.length > 0 ? 1 : 0);
});

/** Prints the table, and gives what is not as it should be. */
async function measureRows({ seed, rows }: WholeSettings): Promise<readonly string[]> {
  console.log(`${endpointCount} endpoints that break off ${100 * breakRatio} % of their answers, seed ${seed}`);
  const endpoints = await startEndpointsOf(seed);
  const results: WholeResult[] = [];
  for (const row of rows) {
    const tallies = new Map<Setup, Tally>();
    for (const setup of setups) tallies.set(setup, await measureCell(row, setup, endpoints));
    results.push({ row, tallies });
  }
  console.log(`\n${wholeTableOf(results)}\n`);
  return complaintsAbout(results);
}

async function startEndpointsOf(seed: number): Promise<BrokenEndpoints> {
  const { cert, key } = await createCertificate();
  const child = forkNode(new URL('./whole/answers/endpoint-process.ts', import.meta.url), []);
  const start: EndpointsStart = { count: endpointCount, seed, breakRatio, cert, key };
  return { urls: (await child.ask(start)) as EndpointUrls, cert };
}

/** Prints the table, and gives what is not as it should be. */
async function measureLarge(large: NonNullable<WholeSettings['large']>): Promise<readonly string[]> {
  const mirrors = await startMirrors(large);
  const results: DownloadResult[] = [];
  for (const transport of large.transports)
    results.push(await measureDownloads(mirrors, { transport, rounds: large.rounds }));
  console.log(`\n${downloadTableOf(results)}\n`);
  return results.flatMap((result) => complaintsAboutDownloads(result, large.leastRatio));
}
