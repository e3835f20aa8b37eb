import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Runs the e2e suites of both transports on every supported Node: `npm run test:matrix`, or `npm run test:matrix -- 26` for
 * one of them. The Node that runs this is there already; the others come from the npm package `node`, into a folder apart.
 */

const root = path.join(import.meta.dirname, '..');
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

/** Runs a program to its end. */
async function run(program: string, args: readonly string[], options: SpawnOptions) {
  const child = spawn(program, args, { cwd: root, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const [exitCode] = await once(child, 'close');
  return { exitCode: exitCode as number | null, output };
}

interface InstalledNode {
  readonly program: string;
  /** All of its version. */
  readonly version: string;
}

/** @throws with what npm says when this version cannot be installed, or what it says itself when it does not start. */
async function findNode(major: string): Promise<InstalledNode> {
  const isOurs = process.versions.node.startsWith(`${major}.`);
  const program = isOurs ? process.execPath : await installNode(major);
  const version = await runOrThrow(program, ['--version']);
  return { program, version: version.trim() };
}

/** @returns the program. */
async function installNode(major: string): Promise<string> {
  const folder = path.join(root, 'node_modules', '.cache', `node-${major}`);
  await mkdir(folder, { recursive: true });
  // Its install script, which fetches the binary, has to be allowed.
  const manifest = { private: true, dependencies: { node: major }, allowScripts: { node: true } };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  const isWindows = process.platform === 'win32';
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund'];
  await runOrThrow(isWindows ? 'npm.cmd' : 'npm', args, { cwd: folder, shell: isWindows });
  return path.join(folder, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node');
}

async function runOrThrow(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  const { exitCode, output } = await run(program, args, options);
  if (exitCode !== 0) throw new Error(output);
  return output;
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
