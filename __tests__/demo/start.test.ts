import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSource, root } from '../architecture/sources.ts';
import { manifest } from '../docs/project.ts';

/** What `npm run demo` starts. */
const start = path.join(root, 'demo', 'start.js');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'demo-start-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Puts a program into the place of npx. */
async function replaceNpx(script: string): Promise<void> {
  await writeFile(path.join(folder, 'npx'), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(folder, 'npx'), 0o755);
}

/** Starts the demo with `--help` on a Node that does not run TypeScript. @returns how it ends and what it says. */
async function startOnOldNode(): Promise<Readonly<Record<'stdout' | 'stderr', string>> & { readonly code: unknown }> {
  const env = { ...process.env, PATH: `${folder}${path.delimiter}${process.env.PATH}` };
  const args = ['--no-experimental-strip-types', start, '--help'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
  const [code] = await once(child, 'close');
  return { ...said, code };
}

const needed = `The demo needs Node 22.18 or newer, and this is ${process.versions.node}`;

describe('node demo/start.js', () => {
  test('is what npm run demo starts', () => {
    expect(manifest.scripts.demo).toBe('node demo/start.js');
  });

  test('runs the demo on a Node that npm gives, where its own runs no TypeScript, with the flags', async () => {
    await replaceNpx(`[ "$*" = "--yes node@24 --print process.execPath" ] && echo '${process.execPath}'`);
    expect(await startOnOldNode()).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Flags, each with a number \(default\):\n {2}--port /),
      stderr: expect.stringMatching(new RegExp(`^${needed}: npm lends it Node 24, .*\n$`)),
    });
  });

  test('says in a line what to do where npm gives none', async () => {
    await replaceNpx('exit 1');
    const { code, stdout, stderr } = await startOnOldNode();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')[1]).toBe(
      `${needed}: install a newer one, or \`npm install && npm run demo\`, which brings its own along.`,
    );
  });
});

/** The files that a file of ours needs, others by way of them included. */
function filesBehind(file: string, known = new Set([file])): ReadonlySet<string> {
  for (const { to, isOurs, isType } of readSource(file).imports) {
    if (!isOurs || isType || known.has(to)) continue;
    known.add(to);
    filesBehind(to, known);
  }
  return known;
}

test('the demo needs no package but got', () => {
  const imports = [...filesBehind('demo/demo.ts')].flatMap((file) => readSource(file).imports);
  const packages = imports.filter(({ to, isOurs, isType }) => !isOurs && !isType && !to.startsWith('node:'));
  expect([...new Set(packages.map(({ to }) => to))]).toEqual(['got']);
});
