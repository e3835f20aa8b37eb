import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { complaintsOf, testWithPromtool } from '../observers/metrics/promtool.ts';
import { labelsByName, labelsNamedIn, metricsIn } from './known-metrics.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const file = path.join(import.meta.dirname, '../../demo/prometheus-alerts.yaml');
const { groups } = parse(readFileSync(file, 'utf8')) as { readonly groups: ReadonlyArray<{ readonly rules: Rule[] }> };
const rules = groups.flatMap(({ rules: ofGroup }) => ofGroup);

const instance = 'job="balancing-reverse-proxy",instance="a:9090"';
const day = 86_400;
/** A process that is well, which Prometheus finds all the time. */
const well = [
  [`up{${instance}}`, '1x1000'],
  [`balancing_proxy_build_info{version="1",node="24",${instance}}`, '1x1000'],
] as const;

/** Series as promtool takes them, a value each minute: by their names and labels, where the part in braces is not all of them. */
type Series = ReadonlyArray<readonly [series: string, values: string]>;

/** Has Prometheus look at series after some minutes. @returns the alerts that fire then. */
function complaintsAfter(minutes: number, { series, firing }: { series: Series; firing: readonly string[] }): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'prometheus-alerts-'));
  const tests = {
    rule_files: [file],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: series.map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: `${minutes}m`,
            exp_samples: firing.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
          },
        ],
      },
    ],
  };
  // JSON is YAML.
  writeFileSync(path.join(folder, 'tests.json'), JSON.stringify(tests));
  try {
    return complaintsOf(['test', 'rules', path.join(folder, 'tests.json')], '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const requests = (outcome: string) => `balancing_proxy_requests_total{outcome="${outcome}",${instance}}`;
const state = (name: string, endpoint = 'a') =>
  `balancing_proxy_endpoint_state{endpoint="${endpoint}",state="${name}",${instance}}`;
const bucket = (le: string) => `balancing_proxy_request_head_seconds_bucket{le="${le}",${instance}}`;
const expiry = `balancing_proxy_certificate_expiry_timestamp_seconds{flag="tls-cert",${instance}}`;
const dnsFailing = `balancing_proxy_dns_failing{dns="http://api.internal:8080",${instance}}`;
const linesLost = `balancing_proxy_log_lines_lost_total{${instance}}`;
const ofWorker = (name: string) => `${name}{worker="1",${instance}}`;

/** Each alert with series for which it fires after some minutes, and not yet after some others. */
const firing: Readonly<Record<string, { series: Series; at: number; notAt?: number; others?: readonly string[] }>> = {
  BalancingProxyDown: {
    series: [
      [`up{${instance}}`, '1x5 0x20'],
      [`balancing_proxy_build_info{version="1",node="24",${instance}}`, '1x5 _x20'],
      // So that this is not the last one, of which there is another alert.
      ['balancing_proxy_build_info{version="1",node="24",job="other",instance="b"}', '1x30'],
    ],
    at: 9,
    notAt: 7,
  },
  BalancingProxyAbsent: { series: [['up{job="other"}', '1x20']], at: 6, notAt: 4 },
  BalancingProxyUnusableResponses: {
    series: [...well, [requests('served'), '0+98x30'], [requests('unusable'), '0+1x30'], [requests('error'), '0+1x30']],
    at: 8,
    notAt: 4,
  },
  BalancingProxyNothingServed: {
    series: [...well, [requests('served'), '0+10x10 100x20'], [requests('error'), '0x10 3+3x20']],
    at: 18,
    others: ['BalancingProxyUnusableResponses'],
  },
  BalancingProxyTurnsAway: {
    series: [
      ...well,
      [`balancing_proxy_refused_connections_total{limit="max-connections",${instance}}`, '0x30'],
      [`balancing_proxy_refused_requests_total{${instance}}`, '0x5 0+1x25'],
    ],
    at: 13,
    notAt: 10,
  },
  BalancingProxySlow: {
    series: [...well, [bucket('1'), '0+98x30'], [bucket('5'), '0+100x30'], [bucket('+Inf'), '0+100x30']],
    at: 15,
    notAt: 9,
  },
  BalancingProxyNoEndpoint: {
    series: [...well, [state('available'), '1x5 0x30'], [state('ejected'), '0x5 1x30'], [state('cooling'), '0x40']],
    at: 8,
    notAt: 5,
  },
  BalancingProxyEndpointEjected: {
    series: [
      ...well,
      [state('available'), '1x5 0x30'],
      [state('ejected'), '0x5 1 0 1 0 1 0 1 0 1 0 1'],
      [state('trial'), '0x5 0 1 0 1 0 1 0 1 0 1 0'],
      [state('available', 'b'), '1x30'],
    ],
    at: 12,
    notAt: 9,
  },
  BalancingProxyDnsFails: { series: [...well, [dnsFailing, '0x5 1x30']], at: 17, notAt: 14 },
  BalancingProxyEndpointDrained: {
    series: [...well, [state('drained'), '1x900'], [state('available', 'b'), '1x900']],
    at: 721,
    notAt: 700,
  },
  BalancingProxyHedgesDenied: {
    series: [
      ...well,
      [`balancing_proxy_hedges_started_total{${instance}}`, '0+1x60'],
      [`balancing_proxy_hedges_denied_total{${instance}}`, '0+3x60'],
    ],
    at: 20,
    notAt: 14,
  },
  BalancingProxyWorkersRestart: {
    series: [...well, [`balancing_proxy_worker_restarts_total{cause="ended",${instance}}`, '0x20 1 2 3 4x20']],
    at: 25,
    notAt: 20,
  },
  BalancingProxyLogLinesLost: { series: [...well, [linesLost, '0x20 7x30']], at: 22, notAt: 20 },
  BalancingProxyReloadFailed: {
    series: [...well, [`balancing_proxy_last_reload_successful{${instance}}`, '1x5 0x20']],
    at: 7,
    notAt: 4,
  },
  BalancingProxyCertificateExpires: { series: [...well, [expiry, `${14 * day + 300}x20`]], at: 6, notAt: 4 },
  BalancingProxyCertificateExpiresSoon: {
    series: [...well, [expiry, `${3 * day + 300}x20`]],
    at: 6,
    others: ['BalancingProxyCertificateExpires'],
  },
  BalancingProxyFileDescriptors: {
    series: [...well, [ofWorker('process_open_fds'), '900x20'], [ofWorker('process_max_fds'), '1024x20']],
    at: 6,
    notAt: 4,
  },
  BalancingProxyEventLoopLag: {
    series: [...well, [ofWorker('nodejs_eventloop_lag_p99_seconds'), '0.5x20']],
    at: 11,
    notAt: 9,
  },
};

/** Series of a process that is well and busy. */
const calm: Series = [
  ...well,
  [requests('served'), '0+1000x60'],
  [requests('error'), '0+5x60'],
  // Hardly used, and one of its few requests has failed.
  ['balancing_proxy_requests_total{outcome="served",job="quiet",instance="c"}', '5x20 6x40'],
  ['balancing_proxy_requests_total{outcome="error",job="quiet",instance="c"}', '0x20 1x40'],
  [requests('client-gone'), '0+500x60'],
  [bucket('1'), '0+1000x60'],
  [bucket('+Inf'), '0+1000x60'],
  [state('available'), '1x60'],
  [state('ejected'), '0 0 1 1 0x56'],
  [`balancing_proxy_hedges_started_total{${instance}}`, '0+50x60'],
  [`balancing_proxy_hedges_denied_total{${instance}}`, '0+3x60'],
  [`balancing_proxy_worker_restarts_total{cause="ended",${instance}}`, '0x20 1x40'],
  [`balancing_proxy_refused_connections_total{limit="max-connections",${instance}}`, '3x60'],
  [`balancing_proxy_refused_requests_total{${instance}}`, '0x60'],
  [dnsFailing, '0x10 1x8 0x42'],
  [linesLost, '7x60'],
  [`balancing_proxy_last_reload_successful{${instance}}`, '1x60'],
  [expiry, `${60 * day}x60`],
  [ofWorker('process_open_fds'), '100x60'],
  [ofWorker('process_max_fds'), '1024x60'],
  [ofWorker('nodejs_eventloop_lag_p99_seconds'), '0.02x60'],
  // Another program of the same Prometheus.
  ['up{job="other",instance="b"}', '0x60'],
  ['process_open_fds{job="other",instance="b"}', '1000x60'],
  ['process_max_fds{job="other",instance="b"}', '1024x60'],
  ['nodejs_eventloop_lag_p99_seconds{job="other",instance="b"}', '1x60'],
];

describe('the alerts for Prometheus', () => {
  testWithPromtool('are rules that Prometheus takes', async () => {
    expect(complaintsOf(['check', 'rules', file], '')).toBe('');
  });

  test('say what happened, what to do, and whom to wake', () => {
    const isComplete = ({ labels: { severity }, annotations: { summary, description } }: Rule) =>
      ['page', 'ticket'].includes(severity) && summary !== '' && description !== '';
    expect(rules.filter((rule) => !isComplete(rule))).toEqual([]);
  });

  test('name only metrics and labels that there are', async () => {
    const known = await labelsByName();
    const unknown = rules.flatMap(({ expr, annotations }) => {
      const metrics = metricsIn(expr);
      const labels = ['job', 'instance', ...metrics.flatMap((name) => known.get(name) ?? [])];
      const told = [
        ...Object.values(annotations)
          .join()
          .matchAll(/\$labels\.(\w+)/g),
      ].map(([, label]) => label);
      return [
        ...metrics.filter((name) => !known.has(name)),
        ...[...labelsNamedIn(expr), ...told].filter((label) => !labels.includes(label ?? '')),
      ];
    });
    expect(unknown).toEqual([]);
  });

  test('are all tried below', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(Object.keys(firing));
  });

  for (const [alert, { series, at, notAt, others = [] }] of Object.entries(firing)) {
    testWithPromtool(`fire when it is time for ${alert}`, async () => {
      expect(complaintsAfter(at, { series, firing: [...others, alert] })).toBe('');
      if (notAt !== undefined) expect(complaintsAfter(notAt, { series, firing: others })).toBe('');
    });
  }

  testWithPromtool('keep still while all is well', async () => {
    for (const minutes of [3, 10, 23, 25, 26, 30, 59])
      expect(complaintsAfter(minutes, { series: calm, firing: [] })).toBe('');
  });
});
