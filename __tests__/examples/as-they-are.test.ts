import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { root } from '../architecture/sources.ts';

test('Node runs each example as it is over the built package, and one that is imported serves nothing', () => {
  const files = globSync('examples/*.ts', { cwd: root }).map((file) => file.replaceAll(path.sep, '/'));
  const imports = files.map((file) => `import * as _${files.indexOf(file)} from './${file}';`).join('\n');
  const print = `console.log(JSON.stringify([${files.map((_, index) => `Object.keys(_${index}).length`)}]))`;
  // It ends by itself, as nothing listens.
  const args = ['--input-type=module', '-e', `${imports}\n${print}`];
  const printed = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: 45_000 });
  const exported = JSON.parse(printed) as number[];
  expect(exported.length).toBeGreaterThan(10);
  expect(Math.min(...exported)).toBeGreaterThan(0);
});
