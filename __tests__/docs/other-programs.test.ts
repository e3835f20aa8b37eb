import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCertificate } from '../../shared/certificate.ts';
import { root } from '../architecture/sources.ts';
import { temporaryFolder } from '../cli/files.ts';
import { labelsByName, labelsNamedIn, metricsIn } from '../demo/known-metrics.ts';
import { describeWith, pathOfAll } from '../helpers/programs.ts';
import { Resources } from '../helpers/proxy.ts';
import { complaintsOf, testWithPromtool } from '../observers/metrics/promtool.ts';
import { fencesIn } from './fences.ts';

/** What the pages show for other programs, which themselves look at it. */

const resources = new Resources();
afterEach(() => resources.closeAll());

/** The hosts that examples name, which no name server knows. */
const withoutNames = (text: string) => text.replaceAll(/\b[a-z]+\.(?:example|internal)\b/g, '127.0.0.1');

/** What a program has to say against a file; nothing when all is well. */
function complaintsBy(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { env: { PATH: pathOfAll }, encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}` || `${program} ended with ${status}`;
}

describeWith('nginx', ['nginx'], () => {
  test.each(fencesIn('nginx'))('takes %s', (_, { code }) => {
    const folder = temporaryFolder(resources);
    const file = path.join(folder, 'nginx.conf');
    let sockets = 0;
    const site = withoutNames(code)
      .replaceAll('/var/cache/', `${folder}/`)
      .replaceAll(/\blisten [^;]+;/g, () => `listen unix:${folder}/${sockets++}.sock;`);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const paths = temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
    writeFileSync(file, `pid ${folder}/nginx.pid; events {} http { access_log off; ${paths}\n${site} }`);
    expect(complaintsBy('nginx', '-t', '-q', '-e', 'stderr', '-p', folder, '-c', file)).toBe('');
  });
});

describeWith('HAProxy', ['haproxy'], () => {
  test.each(fencesIn('haproxy'))('takes %s', async (_, { code }) => {
    const folder = temporaryFolder(resources);
    const certificate = path.join(folder, 'certificate.pem');
    writeFileSync(certificate, (await createCertificate()).cert);
    const file = path.join(folder, 'haproxy.cfg');
    writeFileSync(file, withoutNames(code).replaceAll(/(?<=ca-file )\S+/g, certificate));
    expect(complaintsBy('haproxy', '-c', '-f', file)).toBe('');
  });
});

describe('Prometheus', () => {
  const configurations = fencesIn('yaml').filter(([, { code }]) => code.startsWith('# prometheus.yml\n'));
  const expressions = fencesIn('promql').flatMap(([place, { code }]) =>
    code
      .trim()
      .split('\n')
      .map((expression) => [place, expression] as const),
  );

  testWithPromtool('takes the configuration, with the rules beside it', async () => {
    expect(configurations.length).toBeGreaterThan(0);
    for (const [, { code }] of configurations) {
      const folder = temporaryFolder(resources);
      writeFileSync(path.join(folder, 'prometheus.yml'), code);
      const rules = 'prometheus-alerts.yaml';
      copyFileSync(path.join(root, 'demo', rules), path.join(folder, rules));
      expect(complaintsOf(['check', 'config', path.join(folder, 'prometheus.yml')], '')).toBe('');
    }
  });

  testWithPromtool('understands what is asked', async () => {
    const rules = expressions.map(([, expr], index) => ({ record: `question:${index}`, expr }));
    const file = path.join(temporaryFolder(resources), 'rules.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'questions', rules }] }));
    expect(complaintsOf(['check', 'rules', file], '')).toBe('');
  });

  test('is asked for metrics and labels that there are', async () => {
    const known = await labelsByName();
    const unknown = expressions.flatMap(([place, expression]) => {
      const metrics = metricsIn(expression);
      const labels = metrics.flatMap((name) => known.get(name) ?? []);
      const missing = labelsNamedIn(expression).filter((label) => !labels.includes(label ?? ''));
      return [...metrics.filter((name) => !known.has(name)), ...missing].map((name) => `${place}: ${name}`);
    });
    expect(expressions.length).toBeGreaterThan(3);
    expect(unknown).toEqual([]);
  });
});
