import { interceptOptions } from '../../../src/interception/intercept-options.ts';
import { dashboardOptions } from '../../../src/observers/dashboard/options.ts';
import { metricsOptions } from '../../../src/observers/metrics/options.ts';
import { traceOptions } from '../../../src/observers/tracing/options.ts';
import { proxyOptions } from '../../../src/options/config.ts';
import { dnsOptions } from '../../../src/options/dns-options.ts';
import { documented, sentenceOf } from '../../../src/options/documented.ts';
import { nodeOptions } from '../../../src/transports/node.ts';
import { undiciOptions } from '../../../src/transports/undici/undici-options.ts';
import { fieldsOf } from './declarations.ts';
import { codeIn, tableOf } from './tables.ts';

/** The interfaces whose fields users give as options, by what stands before a field in the path of an option. */
const interfaces = [
  ['', 'BalancingProxyOptions'],
  ['endpoints[].', 'EndpointOptions'],
  ['endpoints[].', 'EndpointsByDns'],
  ['hedge.', 'HedgeOptions'],
  ['retry.', 'RetryOptions'],
  ['ejection.', 'EjectionOptions'],
  ['timeouts.', 'TimeoutOptions'],
  ['tls.', 'TlsOptions'],
] as const;

const tables = [
  {
    of: 'the proxy',
    options: documented(proxyOptions),
    rows: tableOf('option', 'default', 'meaning').map(({ option, ...row }) => ({ name: option, ...row })),
    fields: onceByPath(interfaces.flatMap(([parent, type]) => fieldsIn(type, parent))),
  },
  {
    of: 'dnsEndpoints()',
    options: documented(dnsOptions),
    rows: tableOf('setting', 'default', 'meaning').map(({ setting, ...row }) => ({ name: setting, ...row })),
    fields: fieldsIn('DnsEndpointsOptions'),
  },
  {
    of: 'gotTransport() and nodeTransport()',
    options: documented(nodeOptions),
    rows: transportRows('got, node'),
    fields: fieldsIn('NodeTransportOptions'),
  },
  {
    of: 'undiciTransport()',
    options: documented(undiciOptions),
    rows: transportRows('undici'),
    fields: fieldsIn('UndiciTransportOptions'),
  },
];

/** The rows of the options that transports share, and of those that only some have. */
function transportRows(some: string) {
  return tableOf('setting', 'of', 'default', 'meaning')
    .filter(({ of }) => of === 'all' || of === some)
    .map(({ setting, ...row }) => ({ name: setting, ...row }));
}

/** Options of which the pages tell without a table. */
const others = [
  { of: 'createDashboard()', options: documented(dashboardOptions), fields: fieldsIn('DashboardOptions') },
  { of: 'createMetrics()', options: documented(metricsOptions), fields: fieldsIn('MetricsOptions') },
  { of: 'interceptResponse()', options: documented(interceptOptions), fields: fieldsIn('InterceptOptions') },
  { of: 'traceAttempts()', options: documented(traceOptions), fields: fieldsIn('TraceAttemptsOptions') },
];

function fieldsIn(type: string, parent = '') {
  return fieldsOf(type).map(({ name, ...field }) => ({ path: `${parent}${name}`, ...field }));
}

/** Fields that several interfaces share are the same ones. */
function onceByPath<Field extends { readonly path: string }>(fields: readonly Field[]): readonly Field[] {
  return [...new Map(fields.map((field) => [field.path, field])).values()];
}

/** Numbers may have underscores in code, and code its backticks in prose. */
function normalized(fallback: string | undefined): string | undefined {
  return fallback?.replaceAll('`', '').replaceAll(/(?<=\d)_(?=\d)/g, '');
}

describe.each(tables)('the options of $of', ({ options, rows }) => {
  /** Options that are nothing but the options within them need no row. */
  const inTable = options.filter(({ fallback }) => fallback !== undefined);

  test('have a row each, and no other has one', () => {
    expect(rows.map(({ name }) => codeIn(name)[0]).sort()).toEqual(inTable.map(({ path }) => path).sort());
  });

  test.each(inTable)('have the default of $path in it', ({ path, fallback }) => {
    expect(rows.find(({ name }) => name === `\`${path}\``)?.default).toBe(fallback);
  });

  test.each(inTable)('have the sentence on $path in it', ({ path, says }) => {
    expect(rows.find(({ name }) => name === `\`${path}\``)?.meaning.slice(0, says.length)).toBe(says);
  });
});

describe.each([...tables, ...others])('the options of $of', ({ options, fields }) => {
  test('have a field each in the public types, and no other has one', () => {
    expect(fields.map(({ path }) => path).sort()).toEqual(options.map(({ path }) => path).sort());
  });

  test.each(options)('have the default of $path in its doc comment', ({ path, fallback }) => {
    const expected = fallback === 'required' ? undefined : fallback;
    expect(normalized(fields.find((field) => field.path === path)?.fallback)).toBe(normalized(expected));
  });

  test.each(options)('have the sentence on $path in its doc comment', ({ path, says }) => {
    expect(fields.find((field) => field.path === path)?.says.slice(0, says.length)).toBe(says);
  });
});

describe('sentenceOf', () => {
  test('gives the sentence on an option as a flag would have it', () => {
    expect(sentenceOf('exposeEndpoint')).toBe('tell the client in the header X-Served-By which endpoint answered');
  });

  test('leaves an abbreviation at the beginning as it is', () => {
    expect(sentenceOf('endpoints[].address')).toMatch(/^IP address/);
  });

  test('refuses the name of no option', () => {
    expect(() => sentenceOf('timeouts.connect')).toThrow(new RangeError('no option timeouts.connect'));
  });
});
