import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findNode, run } from './helpers/other-nodes.ts';

/**
 * Runs the e2e suites of both transports on every supported Node: `npm run test:matrix`, or `npm run test:matrix -- 26` for
 * one of them. The Node that runs this is there already; the others come from the npm package `node`, into a folder apart.
 */

const majors = ['22', '24', '26'];
/** The suites over both transports, with something to do for every core. */
const suites = ['__tests__/e2e'];
/** A run takes less than a minute; one that hangs is ended. */
const maxRunMs = 300_000;

/** What is read of jest's own report. */
interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: ReadonlyArray<{ readonly name: string; readonly status: string; readonly message: string }>;
}

interface Outcome {
  readonly isGood: boolean;
  /** What is said of it in its line. */
  readonly summary: string;
  /** What went wrong, for whoever wants to mend it. */
  readonly details: string;
  /** The test files that failed. */
  readonly failed: readonly string[];
}

async function runSuites(node: string, files: readonly string[]): Promise<Outcome> {
  const folder = await mkdtemp(path.join(tmpdir(), 'matrix-'));
  const file = path.join(folder, 'report.json');
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  // What a failed test leaves open would keep jest from ending.
  const report = ['--config', 'jest.quick.config.js', '--forceExit', '--json', '--outputFile', file];
  const options = { timeout: maxRunMs };
  const { output } = await run(node, [...jest, ...report, ...files], options);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  await rm(folder, { recursive: true });
  if (text === undefined) return { isGood: false, summary: 'jest gave no report', details: output, failed: [] };
  return outcomeOf(JSON.parse(text));
}

function outcomeOf({ success, numPassedTests, numFailedTests, testResults }: Report): Outcome {
  const failed = testResults.filter(({ status }) => status === 'failed');
  const summary = `${numPassedTests} passed, ${numFailedTests} failed`;
  const details = failed.map(({ message }) => message).join('\n');
  return { isGood: success, summary, details, failed: failed.map(({ name }) => name) };
}

/** @returns whether all is good. */
async function testOn(major: string): Promise<boolean> {
  const node = await findNode(major).catch(({ message }: Error) =>
    console.log(`node ${major}: not installed\n${message}`),
  );
  if (!node) return false;
  const { isGood, failed } = await tell(`node ${node.version}`, runSuites(node.program, suites));
  if (isGood || failed.length === 0) return isGood;
  // A difference between versions of Node shows on a quiet machine, too; a test that was starved does not fail alone.
  const again = runSuites(node.program, ['--runInBand', ...failed]);
  return (await tell(`node ${node.version}, these files alone`, again)).isGood;
}

/** Prints the outcome of a run. */
async function tell(name: string, running: Promise<Outcome>): Promise<Outcome> {
  const startedAt = performance.now();
  const outcome = await running;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(`${name}: ${outcome.summary}, ${seconds} s`);
  if (!outcome.isGood) console.log(outcome.details);
  return outcome;
}

const asked = process.argv.slice(2);
let isGood = true;
for (const major of asked.length > 0 ? asked : majors) isGood = (await testOn(major)) && isGood;
process.exitCode = isGood ? 0 : 1;
