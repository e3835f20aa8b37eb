import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// The demo is TypeScript, which Node runs as it is from 22.18 on. So that an older one, which may know nothing of this package either,
// is no obstacle, this file is JavaScript that Node 20 reads, and has npm lend the demo another Node.

const demo = new URL('demo.ts', import.meta.url);
const isWindows = process.platform === 'win32';

/** @returns the program of another Node; undefined where npm gives none. */
function borrowNode() {
  const args = ['--yes', 'node@24', '--print', 'process.execPath'];
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: isWindows };
  const { status, stdout } = spawnSync(isWindows ? 'npx.cmd' : 'npx', args, options);
  return status === 0 ? stdout.trim() : undefined;
}

/** Ends as the demo does, which hears Ctrl-C itself, and SIGTERM from here. */
function runOn(program) {
  const child = spawn(program, [fileURLToPath(demo), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.on('SIGINT', () => {}).on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
}

function runElsewhere() {
  const needed = `The demo needs Node 22.18 or newer, and this is ${process.versions.node}`;
  console.error(`${needed}: npm lends it Node 24, which it downloads the first time (50 MB). Yours stays as it is.`);
  const program = borrowNode();
  if (program) {
    runOn(program);
  } else {
    console.error(`${needed}: install a newer one, or \`npm install && npm run demo\`, which brings its own along.`);
    process.exitCode = 1;
  }
}

if (process.features.typescript) await import(demo.href);
else runElsewhere();
