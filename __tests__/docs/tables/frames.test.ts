import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../architecture/sources.ts';
import { textOf } from '../project.ts';
import { tableOf } from './tables.ts';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

const locks = ['package-lock.json', 'examples/frames/package-lock.json'].map(
  (file) => JSON.parse(textOf(file)) as LockFile,
);
const versionsOf = (name: string) => locks.map(({ packages }) => packages[`node_modules/${name}`]?.version);

const rows = tableOf('frame', 'tried with', 'mounted by', 'prefix', 'an error is answered by', 'special');

test('the table of frames names the versions that are installed for their tests', () => {
  const named = rows.flatMap((row) => row['tried with'].split(', ')).filter((text) => text !== '');
  expect(named.filter((text) => !versionsOf(text.split(' ')[0] ?? '').includes(text.split(' ')[1]))).toEqual([]);
});

test('the table of Deno and Bun names the versions that are installed for their tests', () => {
  const [, deno, bun] = /^\| \| Deno ([\d.]+) \| Bun ([\d.]+) \|$/m.exec(textOf('docs/frames.md')) ?? [];
  expect([versionsOf('deno'), versionsOf('bun')]).toEqual([
    [undefined, deno],
    [undefined, bun],
  ]);
});

test('each example of a frame is linked on the page of frames, and is short', () => {
  const examples = globSync('examples/frames/*.ts', { cwd: root }).map((file) => file.replaceAll(path.sep, '/'));
  expect(examples.filter((file) => !textOf('docs/frames.md').includes(`](../${file})`))).toEqual([]);
  expect(examples.filter((file) => textOf(file).split('\n').length > 61)).toEqual([]);
});

test('each example that the table of frames links to is there', () => {
  const links = rows.flatMap(({ frame }) => [...frame.matchAll(/\]\(\.\.\/(.*?)\)/g)].map(([, link = '']) => link));
  expect(links.length).toBeGreaterThan(12);
  expect(links.filter((link) => !existsSync(path.join(root, link)))).toEqual([]);
});
