import { accessSync, constants, globSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import * as library from '../../src/index.ts';
import * as undici from '../../src/transports/undici.ts';
import { root } from '../architecture/sources.ts';
import { manifest, textOf } from './project.ts';

/** The files that editors and GitHub read. */

interface Workflow {
  readonly on: object;
  readonly jobs: Readonly<Record<string, { readonly 'runs-on': string; readonly steps: readonly Step[] }>>;
}

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
}

describe('the workflow', () => {
  const { on, jobs } = parse(textOf('.github/workflows/ci.yml')) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('runs for what is pushed to main and for pull requests', () => {
    expect(on).toEqual({ push: { branches: ['main'] }, pull_request: null });
  });

  test("takes GitHub's own actions only", () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.map((action) => action.replace(/@v\d+$/, ''))).toEqual(['actions/checkout', 'actions/setup-node']);
  });

  test('has the Node that development runs on', () => {
    const { 'node-version': version } = steps.find(({ uses }) => uses?.startsWith('actions/setup-node'))?.with ?? {};
    expect(`^${version}.`).toBe(manifest.devDependencies.node?.slice(0, 4));
  });

  test('calls .ci/run, which may be executed', () => {
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['sudo env "PATH=$PATH" .ci/run']);
    expect(() => accessSync(path.join(root, '.ci/run'), constants.X_OK)).not.toThrow();
  });
});

interface IssueForm {
  readonly name: string;
  readonly description: string;
  readonly body: readonly FormField[];
}

interface FormField {
  readonly type: string;
  readonly id?: string;
  readonly attributes: { readonly label?: string; readonly value?: string; readonly options?: readonly string[] };
}

describe.each(globSync('*.yml', { cwd: path.join(root, '.github/ISSUE_TEMPLATE') }))('the issue form %s', (file) => {
  const { name, description, body } = parse(textOf(`.github/ISSUE_TEMPLATE/${file}`)) as IssueForm;
  const asked = body.filter(({ type }) => type !== 'markdown');

  test('has what GitHub needs to show it', () => {
    expect([name, description]).toEqual([expect.any(String), expect.any(String)]);
    expect(asked.length).toBeGreaterThan(0);
    for (const field of asked) {
      expect(['input', 'textarea', 'dropdown', 'checkboxes']).toContain(field.type);
      expect(field.attributes.label).toEqual(expect.any(String));
    }
  });

  test('gives each field a name of its own', () => {
    const ids = asked.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids).not.toContain(undefined);
  });
});

test('the bug form asks for each transport that there is', () => {
  const { body } = parse(textOf('.github/ISSUE_TEMPLATE/bug.yml')) as IssueForm;
  const { options = [] } = body.find(({ id }) => id === 'transport')?.attributes ?? {};
  const transports = [...Object.keys(library), ...Object.keys(undici)].filter((name) => name.endsWith('Transport'));
  expect(options.flatMap((option) => option.match(/^\w+Transport/)?.[0] ?? []).sort()).toEqual(transports.sort());
});

test('.editorconfig agrees with biome.json', () => {
  const [, general = ''] = textOf('.editorconfig').split(/^\[.*\]$/m);
  const settings = Object.fromEntries(
    [...general.matchAll(/^(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const { indentStyle, indentWidth, lineWidth } = JSON.parse(textOf('biome.json')).formatter;
  expect(settings).toEqual(
    expect.objectContaining({
      indent_style: indentStyle,
      indent_size: String(indentWidth),
      max_line_length: String(lineWidth),
      end_of_line: 'lf',
    }),
  );
});

test('CONTRIBUTING.md gives the shares of src below which `npm run coverage` fails', () => {
  const said = /below (\d+) % of the lines and (\d+) % of the\s+branches/.exec(textOf('CONTRIBUTING.md'));
  const set = /lines: (\d+), branches: (\d+)/.exec(textOf('jest.coverage.config.js'));
  expect(said?.slice(1)).toEqual(set?.slice(1));
  expect(set).not.toBeNull();
});
