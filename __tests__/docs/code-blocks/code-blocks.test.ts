import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../architecture/sources.ts';
import { pages, textOf } from '../project.ts';
import { blocksOf, type CodeBlock } from './blocks.ts';

/** The code on the pages is code of the package as it is now: the compiler looks at each block as at a module of its own. */

const blocks = [...pages, 'scripts/llms-head.txt'].flatMap((page) => blocksOf(page, textOf(page)));

/** JavaScript has no types to write. */
const leniency = { js: { allowJs: true, checkJs: true, noImplicitAny: false }, ts: {} };

const subpaths = {
  'balancing-reverse-proxy': 'src/index.ts',
  'balancing-reverse-proxy/undici': 'src/transports/undici.ts',
  'balancing-reverse-proxy/testing': 'src/testing/testing.ts',
  'balancing-reverse-proxy/intercept': 'src/interception/intercept-response.ts',
  'balancing-reverse-proxy/metrics': 'src/observers/metrics/metrics.ts',
  'balancing-reverse-proxy/opentelemetry': 'src/observers/tracing/opentelemetry.ts',
  'balancing-reverse-proxy/dashboard': 'src/observers/dashboard/dashboard.ts',
};

const given = ['surroundings.d.ts', 'elsewhere.d.ts'];
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'code-blocks-'));
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const file of given) await cp(path.join(import.meta.dirname, file), path.join(folder, file));
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  for (const { file, code } of blocks) {
    const place = path.join(folder, file);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, code);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** What the compiler says of blocks, a line for each complaint, which begins with page and line. */
async function complaintsAbout(language: CodeBlock['language']): Promise<string> {
  const config = {
    extends: path.join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: Object.fromEntries(Object.entries(subpaths).map(([name, file]) => [name, [path.join(root, file)]])),
      types: ['node'],
      noUnusedLocals: false,
      noUnusedParameters: false,
      pretty: false,
      ...leniency[language],
    },
    files: [...given, ...blocks.filter((block) => block.language === language).map(({ file }) => file)],
  };
  const file = path.join(folder, `tsconfig.${language}.json`);
  await writeFile(file, JSON.stringify({ ...config, include: [] }));
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return promisify(execFile)(process.execPath, [compiler, '-p', file], { cwd: folder }).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout.replaceAll(/^(\S*)\/\S+?(?=\()/gm, '$1'),
  );
}

test.each(['js', 'ts'] as const)(
  'the %s on the pages compiles',
  async (language) => {
    expect(blocks.filter((block) => block.language === language).length).toBeGreaterThan(1);
    expect(await complaintsAbout(language)).toBe('');
  },
  120_000,
);
