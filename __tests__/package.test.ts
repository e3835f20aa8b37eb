import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { oldestNode } from '../src/support/needed-node.ts';
import { linksIn } from './docs/project.ts';
import { findNode, run } from './helpers/other-nodes.ts';
import { type PackedPackage, packPackage, runNode as runNodeIn } from './helpers/packed-package.ts';

/** The package as its users get it: packed, and installed into a project of its own. */

const root = path.join(import.meta.dirname, '..');

let packed: PackedPackage;
/** A project that has nothing but the package. */
let project: string;

/** Runs a file of the project and gives what it prints. */
const runNode = (...args: string[]) => runNodeIn(project, ...args);

/** Compiles a file of the project. @throws when the compiler has something to say. */
async function expectToCompile(file: string, lines: readonly string[]): Promise<void> {
  await writeFile(path.join(project, file), lines.join('\n'));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  };
  await writeFile(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await expect(runNode(compiler, '-p', project)).resolves.toBe('');
}

const kindsOfModule = [
  ['a module', 'mts'],
  ['CommonJS', 'cts'],
] as const;

beforeAll(async () => {
  packed = await packPackage();
  project = await packed.install();
}, 120_000);

afterAll(() => packed.close());

/**
 * Proxies a request and ends.
 * @param transport an option of the proxy, as it is written in an object.
 * @param preparation what is done with `proxy` first.
 */
const useOfThePackage = (transport = '', preparation = '') => `
  const endpoint = http.createServer((req, res) => res.end('hello ' + req.url)).listen(0, '127.0.0.1', () => {
    const endpoints = ['http://127.0.0.1:' + endpoint.address().port + '/base'];
    const proxy = createBalancingProxy({ endpoints, ${transport} });
    ${preparation}
    const server = http.createServer(proxy).listen(0, '127.0.0.1', async () => {
      const response = await fetch('http://127.0.0.1:' + server.address().port + '/path?query');
      console.log(response.status, await response.text());
      server.close();
      await proxy.close();
      endpoint.close();
    });
  });`;

/** How a script gets node:http, the proxy and these names of subpaths: the way, its extension, its first lines. */
function waysToGet(subpaths: Readonly<Record<string, string>>): ReadonlyArray<[string, string, string]> {
  const names = Object.entries({ createBalancingProxy: 'balancing-reverse-proxy', ...subpaths });
  const imports = names.map(([name, from]) => `import { ${name} } from '${from}';`);
  const requires = names.map(([name, from]) => `const { ${name} } = require('${from}');`);
  return [
    ['import', 'mjs', ["import http from 'node:http';", ...imports].join('\n')],
    ['require', 'cjs', ["const http = require('node:http');", ...requires].join('\n')],
  ];
}

/** Puts a peer into the project for the tests of this block. */
function installBeside(peer: string): void {
  const link = () => path.join(project, 'node_modules', peer);
  beforeAll(async () => {
    await mkdir(path.dirname(link()), { recursive: true });
    await symlink(path.join(root, 'node_modules', peer), link(), 'junction');
  });
  afterAll(() => rm(link()));
}

describe('the packed package', () => {
  test('holds what users need and nothing else', () => {
    const files = packed.files.map((file) => file.path).sort();
    const allowed = [
      /^dist\/.+\.(js|d\.ts)$/,
      /^dist\/config\.schema\.json$/,
      /^(README|CHANGELOG|CONTRIBUTING|SECURITY)\.md$/,
      /^(LICENSE|llms\.txt|package\.json)$/,
      /^docs\/.+\.md$/,
      /^examples\/(?!.*\b(node_modules|package-lock)\b)/,
      // Pages of docs lead to these.
      /^bench\/(README\.md|\w+\.svg)$/,
      /^demo\/(deploy\/|[\w-]+\.png$|grafana-dashboard\.json$|haproxy\/haproxy\.cfg$|prometheus-alerts\.yaml$)/,
    ];
    expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'SECURITY.md',
        'llms.txt',
        'docs/options.md',
        'examples/restarting-server.ts',
        'package.json',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/config.schema.json',
        'dist/interception/intercept-response.js',
        'dist/interception/intercept-response.d.ts',
        'dist/testing/testing.js',
        'dist/testing/testing.d.ts',
        'dist/transports/undici.js',
        'dist/transports/undici.d.ts',
        'dist/observers/tracing/opentelemetry.js',
        'dist/observers/tracing/opentelemetry.d.ts',
        'dist/observers/dashboard/dashboard.js',
        'dist/observers/dashboard/dashboard.d.ts',
        'dist/observers/dashboard/page-texts.js',
        'dist/observers/metrics/metrics.js',
        'dist/observers/metrics/metrics.d.ts',
      ]),
    );
  });

  test('holds all that README, the docs and llms.txt lead to', async () => {
    const files = packed.files.map((file) => file.path);
    const installed = path.join(project, 'node_modules', 'balancing-reverse-proxy');
    const isThere = (target: string) => files.some((file) => file === target || file.startsWith(`${target}/`));
    const papers = files.filter((file) => /\.md$|^llms\.txt$/.test(file));
    expect(papers.length).toBeGreaterThan(30);
    for (const paper of papers) {
      const links = linksIn(await readFile(path.join(installed, paper), 'utf8')).map(
        (link) => link.split('#')[0] ?? '',
      );
      const targets = links.map((link) => (link ? path.posix.join(path.posix.dirname(paper), link) : paper));
      expect({ paper, lost: targets.filter((target) => !isThere(target)) }).toEqual({ paper, lost: [] });
    }
  });

  test('depends on got alone and runs nothing when it is installed', async () => {
    const installed = path.join(project, 'node_modules', 'balancing-reverse-proxy', 'package.json');
    const { dependencies, optionalDependencies, bundleDependencies, scripts } = JSON.parse(
      await readFile(installed, 'utf8'),
    );
    expect(Object.keys(dependencies)).toEqual(['got']);
    expect([optionalDependencies, bundleDependencies]).toEqual([undefined, undefined]);
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(hooks.filter((hook) => hook in scripts)).toEqual([]);
  });
});

describe('the installed package', () => {
  test.each(waysToGet({}))(
    'proxies a request when it came by %s, and lets the process end',
    async (_, extension, imports) => {
      const script = path.join(project, `use.${extension}`);
      await writeFile(script, imports + useOfThePackage());
      expect(await runNode(script)).toBe('200 hello /base/path?query\n');
    },
    120_000,
  );

  test('gives editors the schema of the file of -config', async () => {
    const script = path.join(project, 'schema.mjs');
    await writeFile(
      script,
      `import schema from 'balancing-reverse-proxy/config.schema.json' with { type: 'json' };
      console.log(schema.$schema, schema.properties.timeouts.properties.idleMs.default);`,
    );
    expect(await runNode(script)).toBe('http://json-schema.org/draft-07/schema# 60000\n');
  }, 120_000);

  test('opens nothing but its public names', async () => {
    const script = path.join(project, 'internals.mjs');
    await writeFile(
      script,
      "import('balancing-reverse-proxy/dist/race/race.js').catch(({ code }) => console.log(code));",
    );
    expect(await runNode(script)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  }, 120_000);

  test('does nothing at import time', async () => {
    const script = path.join(project, 'import.mjs');
    await writeFile(
      script,
      "import 'balancing-reverse-proxy'; console.log(process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap'));",
    );
    expect(await runNode(script)).toBe('[]\n');
  }, 120_000);

  test('has a command that says its version', async () => {
    const command = path.join(project, 'node_modules', '.bin', 'balancing-reverse-proxy');
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    expect(await runNode(command, '-version')).toContain(version);
  }, 120_000);

  test.each(kindsOfModule)(
    'has types in %s',
    (_, extension) =>
      expectToCompile(`types.${extension}`, [
        "import { createServer } from 'node:http';",
        "import { type BalancingProxy, type BalancingProxyOptions, createBalancingProxy } from 'balancing-reverse-proxy';",
        "const options: BalancingProxyOptions = { endpoints: ['http://one.example'] };",
        'const proxy: BalancingProxy = createBalancingProxy(options);',
        'createServer(proxy);',
        "createServer(createBalancingProxy({ ...options, strategy: 'failover' }));",
        '// @ts-expect-error: no such strategy',
        "createBalancingProxy({ ...options, strategy: 'random' });",
      ]),
    120_000,
  );

  test.each([
    ['undici', 'undici'],
    ['opentelemetry', '@opentelemetry/api'],
    ['metrics', 'prom-client'],
  ])(
    'says which package is missing when %s is asked for',
    async (subpath, peer) => {
      const script = path.join(project, 'missing.mjs');
      await writeFile(
        script,
        `import('balancing-reverse-proxy/${subpath}').catch(({ message }) => console.log(message));`,
      );
      expect(await runNode(script)).toContain(`Cannot find package '${peer}' `);
    },
    120_000,
  );
});

describe('the installed package on Node 20', () => {
  /** Runs a file of the project on Node 20, and gives how it ends. */
  const runOnOldNode = async (...args: string[]) => {
    const { program, version } = await findNode('20');
    const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
    return { ...(await run(program, args, { cwd: project })), expected: `this is ${major}.${minor}` };
  };

  test('has a command that ends with one line', async () => {
    const command = path.join(project, 'node_modules', 'balancing-reverse-proxy', 'dist', 'cli', 'main.js');
    const { exitCode, output, expected } = await runOnOldNode(command, '-endpoints', 'http://a.example');
    expect(exitCode).toBe(1);
    expect(output).toBe(`balancing-reverse-proxy needs Node ${oldestNode} or newer, ${expected}\n`);
  }, 120_000);

  test('throws when it is imported', async () => {
    const script = path.join(project, 'old.mjs');
    await writeFile(
      script,
      "import('balancing-reverse-proxy').catch(({ code, message }) => console.log(code, message));",
    );
    const { output, expected } = await runOnOldNode(script);
    expect(output).toBe(`ERR_BRP_NODE balancing-reverse-proxy needs Node ${oldestNode} or newer, ${expected}\n`);
  }, 120_000);
});

describe('the installed package on the oldest Node that it names', () => {
  test('proxies a request, and has a command that starts workers', async () => {
    const { engines } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    expect(engines.node).toBe(`>=${oldestNode}`);
    const { program } = await findNode(oldestNode);
    const script = path.join(project, 'oldest.mjs');
    const imports = "import http from 'node:http'; import { createBalancingProxy } from 'balancing-reverse-proxy';";
    await writeFile(script, imports + useOfThePackage());
    expect((await run(program, [script], { cwd: project })).output).toBe('200 hello /base/path?query\n');
    const command = path.join(project, 'node_modules', 'balancing-reverse-proxy', 'dist', 'cli', 'main.js');
    const flags = '-endpoints http://127.0.0.1:9 -address 127.0.0.1:0 -workers 2 -stop-after 1s'.split(' ');
    const { exitCode, output } = await run(program, [command, ...flags], { cwd: project });
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/worker 2 is ready[\s\S]*stopped\n$/)]);
  }, 120_000);
});

describe('interceptResponse() of the installed package', () => {
  test.each(waysToGet({ interceptResponse: 'balancing-reverse-proxy/intercept' }))(
    'changes a body, when it came by %s',
    async (_, extension, imports) => {
      const script = path.join(project, `intercept.${extension}`);
      await writeFile(
        script,
        `${imports}
        const endpoint = http.createServer((req, res) => res.end('hello')).listen(0, '127.0.0.1', () => {
          const proxy = createBalancingProxy({ endpoints: ['http://127.0.0.1:' + endpoint.address().port] });
          const shout = interceptResponse(proxy, (body) => ({ body: body.toString().toUpperCase() }));
          const server = http.createServer(shout).listen(0, '127.0.0.1', async () => {
            console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text());
            for (const each of [server, proxy, endpoint]) each.close();
          });
        });`,
      );
      expect(await runNode(script)).toBe('HELLO\n');
    },
  );
});

describe('the dashboard of the installed package', () => {
  test.each(waysToGet({ createDashboard: 'balancing-reverse-proxy/dashboard' }))(
    'serves its page, all that it loads, and what happens, when it came by %s, and lets the process end',
    async (_, extension, imports) => {
      const script = path.join(project, `use-dashboard.${extension}`);
      await writeFile(
        script,
        `${imports}
        const proxy = createBalancingProxy({ endpoints: ['http://one.example'] });
        const dashboard = createDashboard(proxy);
        const server = http.createServer(dashboard).listen(0, '127.0.0.1', async () => {
          const url = 'http://127.0.0.1:' + server.address().port + '/';
          const page = await (await fetch(url)).text();
          const links = [...page.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, link]) => link);
          const statuses = await Promise.all(links.map(async (link) => (await fetch(url + link)).status));
          console.log(links.length > 3, [...new Set(statuses)]);
          const stream = await fetch(url + 'events');
          const { value } = await stream.body.pipeThrough(new TextDecoderStream()).getReader().read();
          console.log(value.includes('"name":"http://one.example"'));
          dashboard.close();
          server.close();
          await proxy.close();
        });`,
      );
      expect(await runNode(script)).toBe('true [ 200 ]\ntrue\n');
    },
    120_000,
  );

  test.each(kindsOfModule)(
    'has types in %s',
    (_, extension) =>
      expectToCompile(`dashboard.${extension}`, [
        "import { createServer } from 'node:http';",
        "import { createBalancingProxy } from 'balancing-reverse-proxy';",
        "import { createDashboard, type Dashboard, type DashboardOptions } from 'balancing-reverse-proxy/dashboard';",
        'const options: DashboardOptions = { allowActions: true };',
        "const proxy = createBalancingProxy({ endpoints: ['http://one.example'] });",
        'const dashboard: Dashboard = createDashboard(proxy, options);',
        'createServer(dashboard);',
        'dashboard.close();',
        '// @ts-expect-error: no such option',
        'createDashboard(proxy, { actions: true });',
      ]),
    120_000,
  );
});

describe('the transport of your own in the docs', () => {
  const page = readFile(path.join(root, 'docs/own-transport.md'), 'utf8');
  /** Puts a block of the page into the project, under the name that its first line says. */
  const writeBlock = async (file: string): Promise<readonly string[]> => {
    const [, block = ''] = (await page).split(`\`\`\`ts\n// ${file}\n`);
    const [code = ''] = block.split('\n```');
    await writeFile(path.join(project, file), code);
    return code.split('\n');
  };

  test('needs no cast', async () => {
    await expectToCompile('plain-transport.ts', await writeBlock('plain-transport.ts'));
  }, 120_000);

  test('passes its tests under node:test', async () => {
    await writeBlock('plain-transport.ts');
    await writeBlock('plain-transport.test.ts');
    const report = await runNode('--test', '--test-reporter=tap', 'plain-transport.test.ts');
    expect(report).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(report)?.[1])).toBeGreaterThan(10);
  }, 120_000);

  test('serves a proxy', async () => {
    await writeBlock('plain-transport.ts');
    const imports = [
      "import http from 'node:http';",
      "import { createBalancingProxy } from 'balancing-reverse-proxy';",
      "import { plainTransport } from './plain-transport.ts';",
    ];
    const script = path.join(project, 'use-own.mjs');
    await writeFile(script, imports.join('\n') + useOfThePackage('transport: plainTransport()'));
    expect(await runNode(script)).toBe('200 hello /base/path?query\n');
  }, 120_000);
});

test("the docs' fakeTransport() answers in the place of endpoints", async () => {
  const page = await readFile(path.join(root, 'docs/own-transport.md'), 'utf8');
  const blocks = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code);
  const use = `
    const server = http.createServer(proxy).listen(0, '127.0.0.1', async () => {
      console.log(await (await fetch('http://127.0.0.1:' + server.address().port + '/path')).text());
      console.log(transport.requests.map(({ address }) => address.hostname).join());
      server.close();
      await proxy.close();
    });`;
  const script = path.join(project, 'fake.mjs');
  const block = blocks.find((code) => code.includes('fakeTransport('));
  await writeFile(script, `import http from 'node:http';\n${block}${use}`);
  expect(await runNode(script)).toBe('http://well has /path\nsick,well\n');
}, 120_000);

describe('the contract of transports in the installed package', () => {
  test('is passed by nodeTransport() under node:test', async () => {
    const lines = [
      "import { test } from 'node:test';",
      "import { nodeTransport } from 'balancing-reverse-proxy';",
      "import { transportContract } from 'balancing-reverse-proxy/testing';",
      'for (const { name, run } of transportContract(() => nodeTransport())) test(name, run);',
    ];
    await writeFile(path.join(project, 'contract.test.mjs'), lines.join('\n'));
    const report = await runNode('--test', '--test-reporter=tap', 'contract.test.mjs');
    expect(report).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(report)?.[1])).toBeGreaterThan(70);
  }, 120_000);

  test.each(kindsOfModule)(
    'has types in %s',
    (_, extension) =>
      expectToCompile(`testing.${extension}`, [
        "import { BalancingProxyError, createBalancingProxy, type EndpointAddress } from 'balancing-reverse-proxy';",
        "import { fakeTransport, transportContract, type TransportCase } from 'balancing-reverse-proxy/testing';",
        'const nameOf = ({ name }: EndpointAddress): string => name;',
        'const transport = fakeTransport(async ({ address }) => {',
        "  if (address.secure) throw new BalancingProxyError('ERR_BRP_CONNECT', 'refused', { cause: address });",
        '  return { status: 200, body: nameOf(address) };',
        '});',
        "createBalancingProxy({ endpoints: ['http://one.example'], transport });",
        'const cases: readonly TransportCase[] = transportContract(() => transport, { protocol: "h2" });',
        'cases.map(({ topic, name, run }) => [topic, name, run().then(() => true)]);',
        '// @ts-expect-error: no such answer',
        'fakeTransport(() => ({ code: 200 }));',
      ]),
    120_000,
  );
});

describe('the installed package beside undici', () => {
  installBeside('undici');

  test.each(waysToGet({ undiciTransport: 'balancing-reverse-proxy/undici' }))(
    'proxies a request through the transport that came by %s, and lets the process end',
    async (_, extension, imports) => {
      const script = path.join(project, `use-undici.${extension}`);
      await writeFile(script, imports + useOfThePackage('transport: undiciTransport()'));
      expect(await runNode(script)).toBe('200 hello /base/path?query\n');
    },
    120_000,
  );

  test.each(kindsOfModule)(
    'has types of the transport in %s',
    (_, extension) =>
      expectToCompile(`undici.${extension}`, [
        "import { createBalancingProxy, type Transport } from 'balancing-reverse-proxy';",
        "import { undiciTransport, type UndiciTransportOptions } from 'balancing-reverse-proxy/undici';",
        'const settings: UndiciTransportOptions = { connections: 10, http2: true };',
        'const transport: Transport = undiciTransport(settings);',
        "createBalancingProxy({ endpoints: ['http://one.example'], transport });",
        '// @ts-expect-error: no such setting',
        'undiciTransport({ retry: 2 });',
      ]),
    120_000,
  );
});

describe('the installed package beside @opentelemetry/api', () => {
  installBeside('@opentelemetry/api');

  test.each(waysToGet({ traceAttempts: 'balancing-reverse-proxy/opentelemetry' }))(
    'traces what it proxies when that came by %s, and lets the process end',
    async (_, extension, imports) => {
      const script = path.join(project, `use-opentelemetry.${extension}`);
      const span = '{ setAttributes() {}, end: () => console.log(name) }';
      const tracerProvider = `{ getTracer: () => ({ startSpan: (name) => (${span}) }) }`;
      const tracing = `traceAttempts(proxy, { tracerProvider: ${tracerProvider} });`;
      await writeFile(script, imports + useOfThePackage('', tracing));
      expect(await runNode(script)).toBe('GET\n200 hello /base/path?query\n');
    },
    120_000,
  );

  test.each(kindsOfModule)(
    'has types of tracing in %s',
    (_, extension) =>
      expectToCompile(`opentelemetry.${extension}`, [
        "import { trace } from '@opentelemetry/api';",
        "import { createBalancingProxy } from 'balancing-reverse-proxy';",
        "import { traceAttempts, type TraceAttemptsOptions } from 'balancing-reverse-proxy/opentelemetry';",
        "const proxy = createBalancingProxy({ endpoints: ['http://one.example'] });",
        'const options: TraceAttemptsOptions = { tracerProvider: trace.getTracerProvider(), urlQuery: true };',
        'const stop: () => void = traceAttempts(proxy, options);',
        'stop();',
        '// @ts-expect-error: no such option',
        'traceAttempts(proxy, { query: true });',
      ]),
    120_000,
  );
});

describe('the installed package beside prom-client', () => {
  installBeside('prom-client');

  test.each(waysToGet({ createMetrics: 'balancing-reverse-proxy/metrics' }))(
    'counts what it proxies when that came by %s, and lets the process end',
    async (_, extension, imports) => {
      const script = path.join(project, `use-metrics.${extension}`);
      const counting = `const { observe, registry } = createMetrics();
        observe(proxy);
        process.once('exit', () => console.log(wins));
        let wins;
        const count = registry.getSingleMetric('balancing_proxy_wins_total');
        proxy.subscribe(async ({ type }) => {
          if (type === 'request-ended') wins = (await count.get()).values[0].value;
        });`;
      await writeFile(script, imports + useOfThePackage('', counting));
      expect(await runNode(script)).toBe('200 hello /base/path?query\n1\n');
    },
    120_000,
  );

  test.each(kindsOfModule)(
    'has types of the metrics in %s',
    (_, extension) =>
      expectToCompile(`metrics.${extension}`, [
        "import { createServer } from 'node:http';",
        "import { Registry } from 'prom-client';",
        "import { createBalancingProxy } from 'balancing-reverse-proxy';",
        "import { createMetrics, type Metrics, type MetricsOptions, mergeMetrics } from 'balancing-reverse-proxy/metrics';",
        "const proxy = createBalancingProxy({ endpoints: ['http://one.example'] });",
        'const options: MetricsOptions = { registry: new Registry(), buckets: [0.1, 1] };',
        'const metrics: Metrics = createMetrics(options);',
        'const stop: () => void = metrics.observe(proxy);',
        'createServer(metrics.handler).once("close", stop);',
        'const text: Promise<string> = metrics.registry.getMetricsAsJSON().then((json) => mergeMetrics([json, json]));',
        'text.then(console.log);',
        '// @ts-expect-error: no such option',
        "createMetrics({ prefix: 'x' });",
      ]),
    120_000,
  );
});
