import { spawnSync } from 'node:child_process';
import { parse, parseAllDocuments } from 'yaml';
import { warningsOf } from '../../src/cli/flags/environment.ts';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { fences, fencesIn } from './fences.ts';
import { pages, textOf } from './project.ts';
import { fieldsOf } from './tables/declarations.ts';

/** The blocks on the pages that are no JavaScript: whoever copies one gets what works. */

/** Where the blocks of each language are tried. */
const triedBy: Readonly<Record<string, string>> = {
  js: 'code-blocks',
  ts: 'code-blocks',
  mermaid: 'architecture-page.test.ts',
  text: 'shown-output.test.ts',
  nginx: 'other-programs.test.ts',
  haproxy: 'other-programs.test.ts',
  promql: 'other-programs.test.ts',
  logrotate: '../cli/signals/logrotate.test.ts',
  sh: 'here',
  yaml: 'here',
  json: 'here',
  ini: 'here',
  dockerfile: 'here',
};

test.each(pages)('%s has no block of which nothing is known, or that no test tries', (page) => {
  const untried = fences.filter((fence) => fence.page === page && !Object.hasOwn(triedBy, fence.language));
  expect(untried.map(({ line, language }) => `${page}:${line}: ${language || 'no language'}`)).toEqual([]);
});

test('pictures are on the page whose pictures are compared with the code', () => {
  expect(fencesIn('mermaid').filter(([, { page }]) => page !== 'docs/architecture.md')).toEqual([]);
});

describe('the shell', () => {
  test.each(fencesIn('sh'))('understands %s', (_, { code }) => {
    const { stderr, status } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });
});

test.each(pages)('%s names no variable of the command that does not exist', (page) => {
  const named = new Set(textOf(page).match(/\bBRP_[A-Z][A-Z_0-9]*\b/g));
  expect(warningsOf(Object.fromEntries([...named].map((name) => [name, ''])))).toEqual([]);
});

/** The options of a file of the command. @throws when one of them is wrong. */
function takeOptions({ $schema: _, ...options }: BalancingProxyOptions & { readonly $schema?: string }): void {
  resolveOptions(options);
}

interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly data?: Readonly<Record<string, string>>;
}

function takeManifests(code: string): void {
  for (const document of parseAllDocuments(code)) {
    const manifest = document.toJS() as Manifest;
    expect([manifest.apiVersion, manifest.kind, manifest.metadata?.name]).toEqual(
      [/^(?:apps\/|policy\/|networking\.k8s\.io\/)?v1$/, /^[A-Z]\w+$/, /^[a-z0-9-]+$/].map(expect.stringMatching),
    );
    const { 'config.yaml': file } = manifest.data ?? {};
    if (file !== undefined) takeOptions(parse(file));
  }
}

describe('YAML', () => {
  const isOfPrometheus = (code: string) => code.startsWith('# prometheus.yml\n');

  test.each(fencesIn('yaml'))('is what it seems to be: %s', (_, { code }) => {
    expect(parseAllDocuments(code).flatMap(({ errors }) => errors)).toEqual([]);
    if (/^apiVersion: /m.test(code)) takeManifests(code);
    // That one is a case for promtool.
    else if (!isOfPrometheus(code)) takeOptions(parse(code));
  });
});

describe('JSON', () => {
  const blocks = fencesIn('json').map(([place, { page, code }]) => [place, page, code] as const);

  test.each(blocks)('can be read: %s', (_, page, code) => {
    const value = JSON.parse(code);
    if (page === 'docs/configuration-file.md') takeOptions(value);
  });

  test('says as a configuration file what YAML says', () => {
    const [[, yaml] = []] = fencesIn('yaml').filter(([, { code }]) => code.startsWith('# proxy.yaml'));
    const [[, json] = []] = fencesIn('json').filter(([, { page }]) => page === yaml?.page);
    expect(JSON.parse(json?.code ?? '')).toEqual(parse(yaml?.code ?? ''));
  });

  test('of an endpoint has the keys of a snapshot', () => {
    const [[, , code] = []] = blocks.filter(([, page]) => page === 'docs/admin-port.md');
    const [endpoint] = JSON.parse(code ?? '').endpoints;
    const fields = fieldsOf('EndpointSnapshot').map(({ name }) => name);
    expect(Object.keys(endpoint).sort()).toEqual(fields.sort());
  });
});

describe('what the pages repeat of a file of the project', () => {
  /** A block with what readers fill in put back to what the file has. */
  const shown = (page: string, language: string, index = 0) => {
    const all = fencesIn(language).filter(([, fence]) => fence.page === page);
    return all.at(index)?.[1].code;
  };

  test('is the unit for systemd', () => {
    expect(shown('docs/systemd.md', 'ini')).toBe(textOf('demo/deploy/balancing-reverse-proxy.service'));
    expect(fencesIn('ini')).toHaveLength(1);
  });

  test('is the manifests for Kubernetes', () => {
    expect(shown('docs/kubernetes.md', 'yaml', -1)).toBe(textOf('demo/deploy/kubernetes.yaml'));
  });

  test('is the last image of the Dockerfile, with the package of the registry', () => {
    const file = textOf('demo/deploy/Dockerfile');
    const ofRegistry = file
      .slice(file.lastIndexOf('FROM '))
      .replace(/^COPY .*\n/m, '')
      .replace('/tmp/balancing-reverse-proxy-*.tgz prom', 'balancing-reverse-proxy prom')
      .replace('/tmp/balancing-reverse-proxy-*.tgz ', '');
    expect(shown('docs/kubernetes.md', 'dockerfile')).toBe(ofRegistry);
    expect(fencesIn('dockerfile')).toHaveLength(1);
  });

  test('is the configuration of HAProxy, with addresses in it', () => {
    const variables = /"\$\{\w+\}"|verifyhost \S+/g;
    const file = textOf('demo/haproxy/haproxy.cfg').replace(/^(?:#.*\n)+\n/, '');
    const addresses = /(?<=bind )\S+|(?<=ca-file )\S+|verifyhost \S+|(?<=^ +server \w+ )\S+|(?<=port )\d+/gm;
    expect(shown('docs/deployment.md', 'haproxy')?.replaceAll(addresses, '...')).toBe(
      file.replaceAll(variables, '...'),
    );
  });
});
