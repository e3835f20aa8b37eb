import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { warningsOf } from '../../src/cli/flags/environment.ts';
import { parseFlags } from '../../src/cli/flags/parse-flags.ts';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { packPackage } from '../helpers/packed-package.ts';

/** What of the deployment can be checked without a cluster: that the command understands all it is told. */

const read = (file: string) => readFileSync(path.join(import.meta.dirname, '..', '..', 'demo', 'deploy', file), 'utf8');

const manifests: ReadonlyArray<{ readonly kind: string }> = parseAllDocuments(read('kubernetes.yaml')).map((document) =>
  document.toJS(),
);

function ofKind<Fields>(kind: string): Fields {
  return manifests.find((manifest) => manifest.kind === kind) as Fields;
}

interface Container {
  readonly args: readonly string[];
  readonly env: ReadonlyArray<{ readonly name: string; readonly value: string }>;
  readonly ports: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>;
  readonly volumeMounts: ReadonlyArray<{ readonly mountPath: string }>;
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly [Container];
}

describe('the Kubernetes manifests', () => {
  const { spec } = ofKind<Deployment>('Deployment').spec.template;
  const [container] = spec.containers;
  const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  const { values, given } = parseFlags(container.args, environment);

  test('are a deployment, a service, a configuration and a budget for disruptions', () => {
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      'ConfigMap',
      'Deployment',
      'PodDisruptionBudget',
      'Service',
    ]);
  });

  test('set variables and flags that the command knows', () => {
    expect(warningsOf(environment)).toEqual([]);
    expect([...given.keys()]).toEqual(expect.arrayContaining(['address', 'admin', 'shutdown-delay', 'config']));
  });

  test('configure the proxy with options that it takes', () => {
    const { data } = ofKind<{ readonly data: Readonly<Record<string, string>> }>('ConfigMap');
    const [mount] = container.volumeMounts;
    expect(container.args).toEqual(['-config', `${mount?.mountPath}/config.yaml`]);
    expect(() => resolveOptions(parse(data['config.yaml'] ?? ''))).not.toThrow();
  });

  test('have the pods of a headless service found by a complete name', () => {
    const { data } = ofKind<{ readonly data: Readonly<Record<string, string>> }>('ConfigMap');
    const { endpoints } = parse(data['config.yaml'] ?? '') as Pick<BalancingProxyOptions, 'endpoints'>;
    const { names } = createBalancingProxy({ endpoints });
    expect(names).toMatchObject([
      { dns: expect.stringMatching(/^http:\/\/api\..+\.svc\.cluster\.local:8080$/), record: 'A' },
    ]);
  });

  test('probe the admin port', () => {
    const portOf = (name: string) => container.ports.find((port) => port.name === name)?.containerPort;
    expect(values.admin).toMatchObject({ port: portOf('admin') });
    expect(values.address).toMatchObject({ port: portOf('http') });
    const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;
    expect(probes.map((probe) => container[probe]?.httpGet)).toEqual([
      { path: '/readyz', port: 'admin' },
      { path: '/readyz', port: 'admin' },
      { path: '/healthz', port: 'admin' },
    ]);
  });

  test('leave more time to end than the command takes', () => {
    const minMs = values['shutdown-delay'] + values['shutdown-timeout'];
    expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(minMs);
  });
});

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  test('sets variables that the command knows', () => {
    const environment = Object.fromEntries(
      [...dockerfile.matchAll(/(BRP_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
    );
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(['BRP_ADDRESS', 'BRP_ADMIN', 'BRP_ENDPOINTS']));
    expect(warningsOf(environment)).toEqual([]);
    expect(() => parseFlags([], environment)).not.toThrow();
  });

  test('is run with more time to end than the command takes, and with an admin port that others cannot reach', () => {
    const [, delay] = /BRP_SHUTDOWN_DELAY=(\d+)s/.exec(dockerfile) ?? [];
    const { 'shutdown-timeout': timeoutMs } = parseFlags(['-e', 'http://a'], {}).values;
    const [, seconds] = /docker run .*--stop-timeout (\d+)/.exec(dockerfile) ?? [];
    expect(Number(seconds)).toBeGreaterThan(Number(delay) + timeoutMs / 1_000);
    expect(dockerfile).toMatch(/docker run .* -p 127\.0\.0\.1:9090:9090 /);
  });

  test('copies all that the package is built from', async () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    const packed = await packPackage(copied);
    const files = packed.files.map((file) => file.path);
    await packed.close();
    expect(files).toEqual(expect.arrayContaining(['dist/cli/main.js', 'dist/config.schema.json', 'LICENSE']));
  });
});
