import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type PackedPackage, packPackage, runNode } from './helpers/packed-package.ts';

/** An app in one file, which bundlers make of it, this package and all that it needs. */

const root = path.join(import.meta.dirname, '..');
const modules = path.join(root, 'node_modules');

let packed: PackedPackage;
let project: string;

beforeAll(async () => {
  packed = await packPackage();
  project = await packed.install({ undici: '8', 'prom-client': '15', '@opentelemetry/api': '1' });
  await writeFile(path.join(project, 'app.js'), app);
  await writeFile(path.join(project, 'esbuild.config.mjs'), esbuildConfig);
  await writeFile(path.join(project, 'rollup.config.mjs'), rollupConfig);
}, 120_000);

afterAll(() => packed.close());

/** Says what a request through either transport gets, what the page and its files are like, and that it was counted. */
const app = `
  import http from 'node:http';
  import { createBalancingProxy, gotTransport } from 'balancing-reverse-proxy';
  import { createDashboard } from 'balancing-reverse-proxy/dashboard';
  import { createMetrics } from 'balancing-reverse-proxy/metrics';
  import { traceAttempts } from 'balancing-reverse-proxy/opentelemetry';
  import { undiciTransport } from 'balancing-reverse-proxy/undici';

  const listen = (listener) => new Promise((resolve) => {
    const server = http.createServer(listener).listen(0, '127.0.0.1', () => {
      resolve({ url: 'http://127.0.0.1:' + server.address().port, server });
    });
  });
  const get = async (url) => {
    const response = await fetch(url);
    return { status: response.status, text: await response.text() };
  };

  async function show(transport) {
    const endpoint = await listen((req, res) => res.end('hello ' + req.url));
    const proxy = createBalancingProxy({ endpoints: [endpoint.url + '/base'], transport });
    const dashboard = createDashboard(proxy);
    const metrics = createMetrics();
    metrics.observe(proxy);
    traceAttempts(proxy);
    const { url, server } = await listen((req, res) => (req.url.startsWith('/proxied') ? proxy : dashboard)(req, res));
    console.log(Object.values(await get(url + '/proxied')).join(' '));
    const page = (await get(url)).text;
    const links = [...page.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, link]) => link);
    const files = await Promise.all(links.map((link) => get(url + '/' + link)));
    console.log(page.includes('<html'), links.length > 3, files.every(({ status, text }) => status === 200 && text.length > 50));
    dashboard.close();
    server.close();
    endpoint.server.close();
    await proxy.close();
    console.log((await metrics.registry.metrics()).includes('balancing_proxy_wins_total'));
  }

  show(gotTransport()).then(() => show(undiciTransport()));
`;
const said = '200 hello /base/proxied\ntrue true true\ntrue\n'.repeat(2);

/** Says what esbuild warns of. */
const esbuildConfig = `
  import { build } from ${JSON.stringify(path.join(modules, 'esbuild/lib/main.js'))};

  const settings = { entryPoints: ['app.js'], bundle: true, platform: 'node', logLevel: 'silent' };
  // What is left of \`require\` in a module is up to whoever runs it.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const results = await Promise.all([
    build({ ...settings, format: 'cjs', outfile: 'esbuild.cjs' }),
    build({ ...settings, format: 'esm', outfile: 'esbuild.mjs', banner: { js } }),
  ]);
  console.log(JSON.stringify(results.flatMap(({ warnings }) => warnings)));
`;

const rollupConfig = `
  import commonjs from ${JSON.stringify(path.join(modules, '@rollup/plugin-commonjs/dist/es/index.js'))};
  import json from ${JSON.stringify(path.join(modules, '@rollup/plugin-json/dist/es/index.js'))};
  import resolve from ${JSON.stringify(path.join(modules, '@rollup/plugin-node-resolve/dist/es/index.js'))};

  const output = (file, format) => ({ file, format, inlineDynamicImports: true });
  export default {
    input: 'app.js',
    plugins: [resolve({ preferBuiltins: true }), commonjs(), json()],
    output: [output('rollup.mjs', 'es'), output('rollup.cjs', 'cjs')],
  };
`;

/** Runs a bundle where there is nothing else. */
async function runAlone(file: string): Promise<string> {
  const folder = await packed.createFolder();
  await cp(path.join(project, file), path.join(folder, file));
  return runNode(folder, file);
}

describe('an app with the package in it', () => {
  test('runs when esbuild has bundled it, as a module and as CommonJS, with nothing to warn of', async () => {
    expect(await runNode(project, 'esbuild.config.mjs')).toBe('[]\n');
    expect([await runAlone('esbuild.mjs'), await runAlone('esbuild.cjs')]).toEqual([said, said]);
  }, 120_000);

  test('runs when rollup has bundled it, as a module and as CommonJS', async () => {
    const rollup = path.join(modules, 'rollup/dist/bin/rollup');
    await runNode(project, rollup, '--config', 'rollup.config.mjs', '--silent');
    expect([await runAlone('rollup.mjs'), await runAlone('rollup.cjs')]).toEqual([said, said]);
  }, 120_000);

  test.each(['esbuild.mjs', 'rollup.mjs'])('still refuses a Node that is too old: %s', async (file) => {
    expect(await readFile(path.join(project, file), 'utf8')).toContain('needs Node');
  });
});
