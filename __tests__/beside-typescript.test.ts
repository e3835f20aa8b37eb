import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type PackedPackage, packPackage } from './helpers/packed-package.ts';

/** The types of the packed package under the TypeScripts that users have, and the package in a jest that runs CommonJS. */

/** The compilers, the oldest that works first, by the names under which they are installed. */
const compilers = { ts50: '~5.0.0', ts54: '~5.4.0', ts59: '~5.9.0', ts7: '7' } as const;
type Compiler = keyof typeof compilers;

let packed: PackedPackage;
let project: string;
beforeAll(async () => {
  packed = await packPackage();
  const named = Object.entries(compilers).map(([name, version]) => [name, `npm:typescript@${version}`]);
  const ofJest = { jest: '30', '@swc/jest': '0.2', '@swc/core': '1', 'babel-jest': '30', 'ts-jest': '29' };
  const ofBabel = { '@babel/core': '7', '@babel/preset-env': '7', '@babel/preset-typescript': '7' };
  const versions = { '@types/node': '24', '@types/jest': '30', typescript: '5.9' };
  project = await packed.install({ ...Object.fromEntries(named), ...ofJest, ...ofBabel, ...versions });
}, 300_000);
afterAll(() => packed.close());

/** Uses the package's main names. */
const lines = `
  import { createServer, type IncomingMessage } from 'node:http';
  import { type BalancingProxy, type BalancingProxyOptions, createBalancingProxy } from 'balancing-reverse-proxy';
  interface KnownRequest extends IncomingMessage {
    user: string;
  }
  const options: BalancingProxyOptions = {
    endpoints: ['http://one.example'],
    strategy: (req) => (req.method === 'GET' ? 'race' : 'single'),
    holdMs: undefined,
  };
  const proxy: BalancingProxy = createBalancingProxy(options);
  createServer(proxy).on('upgrade', proxy.upgrade);
  const ofFrame = createBalancingProxy<KnownRequest>({ endpoints: ({ user }) => ['http://' + user + '.example'] });
  // @ts-expect-error: node:http knows no such requests
  createServer(ofFrame);
  // @ts-expect-error: no such strategy
  createBalancingProxy({ ...options, strategy: 'random' });
`;

/** Uses subpaths as well. */
const withSubpaths = `
  import { createDashboard } from 'balancing-reverse-proxy/dashboard';
  import { interceptResponse } from 'balancing-reverse-proxy/intercept';
  import { fakeTransport } from 'balancing-reverse-proxy/testing';
  ${lines}
  createServer(interceptResponse(proxy, () => undefined));
  createDashboard(createBalancingProxy({ ...options, transport: fakeTransport(() => ({ status: 200 })) }));
`;

/** CommonJS that has the package by `await import()`. */
const dynamic = `
  import { createServer } from 'node:http';
  async function main() {
    const { createBalancingProxy } = await import('balancing-reverse-proxy');
    const endpoints = ['http://one.example'];
    createServer(createBalancingProxy({ endpoints, strategy: (req) => (req.method === 'GET' ? 'race' : 'single') }));
    // @ts-expect-error: no such strategy
    createBalancingProxy({ endpoints, strategy: 'random' });
  }
  void main();
`;

/** Compiles files of these texts, and gives the complaints, but for those about Node's own types, which are too new for some compilers. */
async function complaints(compiler: Compiler, module: string, texts: Readonly<Record<string, string>>) {
  for (const [file, text] of Object.entries(texts)) await writeFile(path.join(project, file), text);
  const compilerOptions = {
    module: module === 'bundler' ? 'esnext' : module,
    ...(module === 'bundler' && { moduleResolution: module }),
    ...(module === 'commonjs' && { esModuleInterop: true }),
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
  };
  const config = `tsconfig.${compiler}.${module}.json`;
  await writeFile(path.join(project, config), JSON.stringify({ compilerOptions, files: Object.keys(texts) }));
  const program = path.join(project, 'node_modules', compiler, 'bin', 'tsc');
  const output = await runIn(project, program, '-p', config, '--pretty', 'false');
  return output.match(/^(?!node_modules\/@types\/).*error TS\d+.*/gm) ?? [];
}

/** Runs a file on this Node. @returns what it prints, whether it is content or not. */
function runIn(cwd: string, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

describe.each(Object.keys(compilers) as Compiler[])('under %s', (compiler) => {
  test.each([
    ['node16', { 'use.mts': withSubpaths, 'dynamic.cts': dynamic }],
    ['nodenext', { 'use.mts': withSubpaths, 'dynamic.cts': dynamic }],
    ['bundler', { 'use.ts': withSubpaths }],
  ])(
    'the types hold for modules of %s, and for CommonJS by import()',
    async (module, texts) => {
      expect(await complaints(compiler, module, texts)).toEqual([]);
    },
    120_000,
  );
});

describe('CommonJS that imports the package as a module does', () => {
  const texts = { 'require.cts': withSubpaths };

  test.each([
    ['ts50', 'commonjs', { 'require.ts': lines }],
    ['ts59', 'commonjs', { 'require.ts': lines }],
    ['ts59', 'nodenext', texts],
    ['ts7', 'node20', texts],
  ] as const)(
    'is content with %s under %s',
    async (compiler, module, ofModule) => {
      expect(await complaints(compiler, module, ofModule)).toEqual([]);
    },
    120_000,
  );

  test.each([
    ['ts54', 'nodenext'],
    ['ts7', 'node16'],
  ] as const)(
    'is told by %s under %s to use import()',
    async (compiler, module) => {
      expect((await complaints(compiler, module, texts))[0]).toMatch(/TS1479: .*dynamic 'import/);
    },
    120_000,
  );
});

describe('a jest that runs CommonJS', () => {
  const text = `
    import http from 'node:http';
    import { createBalancingProxy } from 'balancing-reverse-proxy';
    const portOf = (server: http.Server) => (server.address() as { port: number }).port;
    test('proxies', async () => {
      const endpoint = http.createServer((_, res) => void res.end('hello')).listen(0);
      const proxy = createBalancingProxy({ endpoints: ['http://127.0.0.1:' + portOf(endpoint)] });
      const server = http.createServer(proxy).listen(0);
      expect(await (await fetch('http://127.0.0.1:' + portOf(server))).text()).toBe('hello');
      server.close();
      endpoint.close();
      await proxy.close();
    });
  `;
  const swc = ['@swc/jest', { module: { type: 'commonjs' }, jsc: { parser: { syntax: 'typescript' } } }];
  const presets = [['@babel/preset-env', { targets: { node: 'current' } }], '@babel/preset-typescript'];
  const babel = ['babel-jest', { presets }];
  const tsJest = ['ts-jest', { tsconfig: { module: 'nodenext', isolatedModules: true, types: ['node', 'jest'] } }];

  /** Runs the test. @returns what jest prints. */
  async function playedBy(transform: object, settings: object, ...flags: string[]): Promise<string> {
    await writeFile(path.join(project, 'proxies.test.ts'), text);
    await writeFile(path.join(project, 'jest.json'), JSON.stringify({ transform, cache: false, ...settings }));
    return runIn(project, ...flags, 'node_modules/jest/bin/jest.js', '--config', 'jest.json', '--runInBand');
  }

  test.each([
    ['@swc/jest', { '\\.[jt]s$': swc }],
    ['babel-jest', { '\\.[jt]s$': babel }],
    ['ts-jest beside babel-jest', { '\\.ts$': tsJest, '\\.js$': babel }],
  ])(
    'has the package when %s compiles what is installed, too',
    async (_, transform) => {
      expect(await playedBy(transform, { transformIgnorePatterns: [] })).toMatch(/^Tests: +1 passed/m);
    },
    120_000,
  );

  test.each([
    ['@swc/jest', swc],
    ['babel-jest', babel],
    ['ts-jest', tsJest],
  ])(
    'has the package with --experimental-vm-modules alone, compiled by %s',
    async (_, transformer) => {
      const output = await playedBy({ '\\.ts$': transformer }, {}, '--experimental-vm-modules');
      expect(output).toMatch(/^Tests: +1 passed/m);
    },
    120_000,
  );
});
