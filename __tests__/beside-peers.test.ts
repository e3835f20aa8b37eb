import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type PackedPackage, packPackage, runNode } from './helpers/packed-package.ts';

/**
 * The package beside other versions of its optional peers than those that work with it. npm has to install it, and whoever
 * uses a peer that is too old has to be told.
 */

let packed: PackedPackage;
beforeAll(async () => {
  packed = await packPackage();
}, 120_000);
afterAll(() => packed.close());

/** Says what becomes of a request, through undici and with all that observes, or why there cannot be one. */
const script = `
  import http from 'node:http';
  import { createBalancingProxy, gotTransport } from 'balancing-reverse-proxy';
  import { createMetrics } from 'balancing-reverse-proxy/metrics';
  import { traceAttempts } from 'balancing-reverse-proxy/opentelemetry';
  import { undiciTransport } from 'balancing-reverse-proxy/undici';

  const tell = (create) => {
    try {
      return create();
    } catch (error) {
      console.log(error.code, error.message);
    }
  };
  const endpoint = http.createServer((req, res) => res.end('hello')).listen(0, '127.0.0.1', () => {
    const endpoints = ['http://127.0.0.1:' + endpoint.address().port];
    const transport = tell(undiciTransport);
    const proxy = createBalancingProxy({ endpoints, transport: transport ?? gotTransport() });
    const metrics = tell(createMetrics);
    metrics?.observe(proxy);
    const span = { setAttributes() {}, end: () => console.log('traced') };
    tell(() => traceAttempts(proxy, { tracerProvider: { getTracer: () => ({ startSpan: () => span }) } }));
    const server = http.createServer(proxy).listen(0, '127.0.0.1', async () => {
      console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text());
      server.close();
      await proxy.close();
      endpoint.close();
      const wins = await metrics?.registry.getSingleMetric('balancing_proxy_wins_total').get();
      console.log(wins?.values[0].value);
    });
  });
`;

/** Runs the script in a project with these peers. @returns the lines that it prints. */
async function linesBeside(peers: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const project = await packed.install(peers);
  await writeFile(path.join(project, 'script.mjs'), script);
  return (await runNode(project, 'script.mjs')).trim().split('\n');
}

describe('the package', () => {
  test('is installed beside the oldest peers that work, and works with them', async () => {
    const peers = { undici: '8.12.0', 'prom-client': '14.0.0', '@opentelemetry/api': '1.0.0' };
    expect(await linesBeside(peers)).toEqual(['traced', 'hello', '1']);
  }, 120_000);

  test('works with the latest ones', async () => {
    const peers = { undici: '8', 'prom-client': '15', '@opentelemetry/api': '1' };
    expect(await linesBeside(peers)).toEqual(['traced', 'hello', '1']);
  }, 120_000);

  test('is installed beside peers that are too old, works without them, and says so to who uses them', async () => {
    const peers = { undici: '6', 'prom-client': '13', '@opentelemetry/api': '0.20.0', yaml: '1' };
    expect(await linesBeside(peers)).toEqual([
      expect.stringMatching(
        /^ERR_BRP_PEER undiciTransport\(\): expected undici 8\.12\.0 or newer, got 6\.[\d.]+; npm /,
      ),
      expect.stringMatching(
        /^ERR_BRP_PEER createMetrics\(\): expected prom-client 14\.0\.0 or newer, got 13\.[\d.]+; npm /,
      ),
      expect.stringMatching(
        /^ERR_BRP_PEER traceAttempts\(\): expected @opentelemetry\/api 1\.0\.0 or newer, got 0\.20\.0; /,
      ),
      'hello',
      'undefined',
    ]);
  }, 120_000);

  test.each(['7.30.2', '8.4.0'])(
    'says by name what is wrong with undici %s',
    async (undici) => {
      const peers = { undici, 'prom-client': '15', '@opentelemetry/api': '1' };
      const [first] = await linesBeside(peers);
      expect(first).toBe(
        `ERR_BRP_PEER undiciTransport(): expected undici 8.12.0 or newer, got ${undici}, which ends the process when an ` +
          'endpoint answers with an error, `Connection: close` and a body; npm install undici@^8.12.0',
      );
    },
    120_000,
  );
});

describe('the command', () => {
  /** Runs it. @returns its exit code and what it says of what is wrong. */
  async function run(project: string, ...args: string[]): Promise<{ readonly code: unknown; readonly stderr: string }> {
    const command = path.join(project, 'node_modules', 'balancing-reverse-proxy', 'dist', 'cli', 'main.js');
    return new Promise((resolve) => {
      execFile(process.execPath, [command, '-stop-after', '1s', '-address', ':0', ...args], (error, _, stderr) =>
        resolve({ code: error?.code, stderr }),
      );
    });
  }

  test.each(['2.4.0', '2'])(
    'reads a file in YAML with yaml %s',
    async (yaml) => {
      const project = await packed.install({ yaml });
      const config = path.join(project, 'proxy.yaml');
      await writeFile(config, 'endpoints: [http://one.example]');
      expect(await run(project, '-config', config, '-check')).toEqual({ code: undefined, stderr: '' });
    },
    120_000,
  );

  test('says in a line which peer is too old for a flag', async () => {
    const project = await packed.install({ undici: '7.30.2', yaml: '1' });
    const config = path.join(project, 'proxy.yaml');
    await writeFile(config, 'endpoints: [http://one.example]');
    const beside = 'npm install yaml@^2.4.0\n';
    expect(await run(project, '-config', config)).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        new RegExp(`expected yaml 2\\.4\\.0 or newer, got 1\\.[\\d.]+; ${beside.replace('^', '\\^')}$`),
      ),
    });
    expect(await run(project, '-endpoints', 'http://one.example', '-transport', 'undici')).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /flag -transport: undiciTransport\(\): expected undici 8\.12\.0 or newer, got 7\.30\.2/,
      ),
    });
  }, 120_000);
});
