import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { complaintsOf, testWithPromtool } from '../observers/metrics/promtool.ts';
import { groupedIn, histogramOf, labelsByName, labelsNamedIn, metricsIn } from './known-metrics.ts';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: ReadonlyArray<{
    readonly expr: string;
    readonly refId: string;
    readonly legendFormat: string;
    readonly datasource: { readonly type: string; readonly uid: string };
  }>;
}

interface Dashboard {
  readonly id: unknown;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: ReadonlyArray<{ readonly name: string; readonly type: string; readonly definition?: string }>;
  };
}

const file = path.join(import.meta.dirname, '../../demo/grafana-dashboard.json');
const dashboard: Dashboard = JSON.parse(readFileSync(file, 'utf8'));
const { panels, templating } = dashboard;
const targets = panels.flatMap((panel) => panel.targets ?? []);
const expressions = targets.map(({ expr }) => expr);
const definitions = templating.list.flatMap(({ definition }) => definition ?? []);

let known: Awaited<ReturnType<typeof labelsByName>>;
beforeAll(async () => {
  known = await labelsByName();
});

describe('the Grafana dashboard', () => {
  test('has panels of their own ids, with what they show, beside each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const overlapping = panels.flatMap(({ title, gridPos: one }, index) =>
      panels
        .slice(index + 1)
        .filter(({ gridPos: other }) => {
          const isBeside = one.x + one.w <= other.x || other.x + other.w <= one.x;
          return !isBeside && one.y + one.h > other.y && other.y + other.h > one.y;
        })
        .map((other) => [title, other.title]),
    );
    expect(overlapping).toEqual([]);
    const isShowing = ({ type, description, targets = [] }: Panel) =>
      type === 'row' || (description && targets.length > 0);
    expect(panels.filter((panel) => !isShowing(panel))).toEqual([]);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  test('belongs to no instance of Grafana, and lets people choose their data source', () => {
    expect(dashboard.id).toBeNull();
    expect(templating.list.find(({ type }) => type === 'datasource')?.name).toBe('datasource');
    const used = [...panels.filter(({ type }) => type !== 'row'), ...targets].map(({ datasource }) => datasource);
    const chosen = JSON.stringify({ type: 'prometheus', uid: `\${datasource}` });
    expect(used.map((each) => JSON.stringify(each)).filter((each) => each !== chosen)).toEqual([]);
  });

  test('names only metrics that there are', () => {
    const named = [...expressions, ...definitions].flatMap(metricsIn);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    expect(expressions.filter((expr) => metricsIn(expr).length === 0)).toEqual([]);
  });

  test('shows every metric that is ours', () => {
    const shown = new Set(expressions.flatMap(metricsIn).map(histogramOf));
    const ours = [...known.keys()].filter((name) => name.startsWith('balancing_proxy_'));
    expect([...new Set(ours.map(histogramOf))].filter((name) => !shown.has(name))).toEqual([]);
  });

  test('names only labels that there are', () => {
    const unknown = targets.flatMap(({ expr, legendFormat }) => {
      const labels = ['job', 'instance', ...metricsIn(expr).flatMap((name) => known.get(name) ?? [])];
      const grouped = groupedIn(expr);
      // What a legend names has to be left over by the sum.
      const inLegend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      return [
        ...labelsNamedIn(expr).filter((label) => !labels.includes(label ?? '')),
        ...inLegend.filter((label) => !grouped.includes(label ?? '')),
      ].map((label) => [expr, label]);
    });
    expect(unknown).toEqual([]);
  });

  test('asks for the chosen job and instance in every selector', () => {
    const selectors = expressions.flatMap(
      (expr) => expr.match(/\b(?:balancing_proxy|process|nodejs)_\w+(\{[^}]*\})?/g) ?? [],
    );
    expect(selectors.filter((selector) => !selector.includes('{job=~"$job",instance=~"$instance"'))).toEqual([]);
  });

  testWithPromtool('has expressions that Prometheus understands', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'grafana-dashboard-'));
    const rules = path.join(folder, 'rules.json');
    const plain = expressions.map((expr) =>
      expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(job|instance)/g, '.*'),
    );
    const named = plain.map((expr, index) => ({ record: `expression:${index}`, expr }));
    // JSON is YAML.
    writeFileSync(rules, JSON.stringify({ groups: [{ name: 'dashboard', rules: named }] }));
    expect(complaintsOf(['check', 'rules', rules], '')).toBe('');
    rmSync(folder, { recursive: true });
  });
});
