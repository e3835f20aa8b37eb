import { createCertificate } from '../../shared/certificate.ts';
import { EndpointSource } from '../../src/endpoints/place/endpoint-source.ts';
import type { EndpointOptions } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { dnsEndpoints } from '../../src/options/dns-endpoints.ts';
import type { DnsEndpointsOptions } from '../../src/options/dns-options.ts';
import { listParser } from '../../src/options/endpoints.ts';
import { type Question, type Records, startDns } from '../helpers/dns-server.ts';
import { Resources } from '../helpers/proxy.ts';
import { atLeast, until } from '../helpers/until.ts';
import { clientRequest } from '../http/client-request.ts';

const { cert } = await createCertificate();
const resources = new Resources();
afterEach(() => resources.closeAll());

const start = async (zone?: Readonly<Record<Question, Records>>) => resources.use(await startDns(zone));

describe('dnsEndpoints', () => {
  const req = clientRequest({});
  const find = async (url: string | URL, server: string, options: DnsEndpointsOptions = {}) =>
    (await dnsEndpoints(url, { servers: [server], ...options })(req)) as readonly EndpointOptions[];

  test.each<[string, string | URL, string]>([
    ['a URL', 'http://api.internal', 'http://api.internal/'],
    ['a URL object', new URL('https://api.internal:8443'), 'https://api.internal:8443/'],
    ['all of a URL', 'http://us%3Aer:p@api.internal:81/a/b/?k=1', 'http://us%3Aer:p@api.internal:81/a/b/?k=1'],
  ])('keeps %s and gives the addresses beside it', async (_, url, expected) => {
    const { server } = await start({ 'A api.internal': ['10.0.0.2', '10.0.0.1'] });
    expect(await find(url, server)).toEqual([
      { url: expected, address: '10.0.0.1' },
      { url: expected, address: '10.0.0.2' },
    ]);
  });

  test('gives IPv6 addresses for AAAA', async () => {
    const { server } = await start({ 'AAAA api.internal': ['2001:db8:0:0:0:0:0:1'] });
    expect(await find('http://api.internal', server, { record: 'AAAA' })).toEqual([
      { url: 'http://api.internal/', address: '2001:db8::1' },
    ]);
  });

  test('puts name and port of an SRV record in the place of the service, and keeps the rest of its URL', async () => {
    const { server } = await start({
      'SRV _https._tcp.api.internal': [{ target: 'One.internal', port: 8443, priority: 1, weight: 1 }],
      'A one.internal': ['10.0.0.1'],
    });
    const url = 'https://user:pass@_https._tcp.api.internal/base?key=1';
    expect(await find(url, server, { record: 'SRV' })).toEqual([
      { url: 'https://user:pass@one.internal:8443/base?key=1', address: '10.0.0.1' },
    ]);
  });

  test('gives the very same list as long as DNS says the same, and another one when it does not', async () => {
    const dns = await start({ 'A api.internal': ['10.0.0.1', '10.0.0.2'] });
    const endpoints = dnsEndpoints('http://api.internal', { servers: [dns.server], refreshMs: 1 });
    const first = await endpoints(req);
    dns.zone.set('A api.internal', ['10.0.0.2', '10.0.0.1']);
    const asked = dns.questions.length;
    await until(
      async () => {
        expect(await endpoints(req)).toBe(first);
        return dns.questions.length;
      },
      atLeast(asked + 3),
    );
    expect([first, ...first].every(Object.isFrozen)).toBe(true);
    dns.zone.set('A api.internal', ['10.0.0.1']);
    await until(async () => (await endpoints(req)) !== first);
    expect(await endpoints(req)).toEqual([{ url: 'http://api.internal/', address: '10.0.0.1' }]);
  });

  test('gives each address the options that are for all of them', async () => {
    const { server } = await start({ 'A api.internal': ['10.0.0.1', '10.0.0.2'] });
    const shared = {
      headers: { 'X-Key': ['a', 'b'] },
      tier: 1,
      timeouts: { responseMs: 5 },
      tls: { ca: Buffer.from(cert), servername: 'api.internal' },
      maxInFlight: 2,
      terminalStatuses: ['!429'],
    };
    const given = { ...shared, tls: { ...shared.tls, ca: cert } };
    expect(await find('http://api.internal', server, shared)).toEqual([
      { url: 'http://api.internal/', address: '10.0.0.1', ...given },
      { url: 'http://api.internal/', address: '10.0.0.2', ...given },
    ]);
  });

  test('gives a list that is parsed once, although the options may change', async () => {
    const { server } = await start({ 'A api.internal': ['10.0.0.1'] });
    const options = { tls: { ca: [Buffer.from(cert)] }, timeouts: { idleMs: 5 }, tier: 2 };
    const endpoints = dnsEndpoints('https://api.internal', { servers: [server], ...options });
    Object.assign(options.timeouts, { idleMs: -1 });
    options.tls.ca.pop();
    const config = resolveOptions({ endpoints });
    const source = new EndpointSource(endpoints, listParser(config));
    const first = await source.for(req);
    expect(await source.for(req)).toBe(first);
    expect(first).toMatchObject([{ tier: 2, settings: { timeouts: { idleMs: 5 }, tls: { ca: [cert] } } }]);
  });

  test('asks nobody before a request comes', async () => {
    const dns = await start({ 'A api.internal': ['10.0.0.1'] });
    const endpoints = dnsEndpoints('http://api.internal', { servers: [dns.server] });
    expect(dns.questions).toEqual([]);
    await endpoints(req);
    expect(dns.questions).toEqual(['A api.internal']);
  });
});

describe('bad arguments of dnsEndpoints', () => {
  const problemOf = (url: unknown, options?: unknown): string => {
    try {
      dnsEndpoints(url as string, options as DnsEndpointsOptions);
    } catch (error) {
      expect(error).toMatchObject({ name: 'BalancingProxyError', code: 'ERR_BRP_OPTIONS', status: 500 });
      return (error as Error).message;
    }
    return 'no problem';
  };

  const named =
    'expected an http(s) URL with a host name to ask DNS for; an IP address needs none, it goes into `endpoints`';
  test.each<[unknown, string]>([
    ['api.internal', "expected an absolute http(s) or http+unix URL, got 'api.internal'"],
    [undefined, 'expected an absolute http(s) or http+unix URL, got undefined'],
    ['http://10.0.0.1:8080', `${named}, got 'http://10.0.0.1:8080'`],
    ['http://[::1]', `${named}, got 'http://[::1]'`],
    ['http://0x7f.1', `${named}, got 'http://0x7f.1'`],
    ['http+unix://%2Fsock', `${named}, got 'http+unix://%2Fsock'`],
    ['http://user:hunter2@10.0.0.1', `${named}, got 'http://***@10.0.0.1'`],
  ])('are told for the URL %j', (url, problem) => {
    expect(problemOf(url)).toBe(`option \`url\`: ${problem}`);
  });

  const ms = 'expected milliseconds above 0 and up to 2147483647';
  const server = "expected an IP address with or without a port such as '10.0.0.53:5353'";
  test.each<[unknown, string]>([
    ['A', "option `options`: expected an object, got 'A'"],
    [null, 'option `options`: expected an object, got null'],
    [{ record: 'a' }, "option `record`: expected one of 'A', 'AAAA', 'SRV', got 'a'"],
    [{ refreshMs: 0 }, `option \`refreshMs\`: ${ms}, or Infinity, got 0`],
    [{ timeoutMs: Infinity }, `option \`timeoutMs\`: ${ms}, got Infinity`],
    [{ timeoutMs: '2s' }, `option \`timeoutMs\`: ${ms}, got '2s'`],
    [{ servers: [] }, 'option `servers`: expected a non-empty array of IP addresses of DNS servers, got []'],
    [
      { servers: '10.0.0.53' },
      "option `servers`: expected a non-empty array of IP addresses of DNS servers, got '10.0.0.53'",
    ],
    [{ servers: ['10.0.0.53', 'dns.internal'] }, `option \`servers[1]\`: ${server}, got 'dns.internal'`],
    ...['', '10.0.0.53:', '10.0.0.53:0', '10.0.0.53:65536', '[::1]:99999', '[10.0.0.53]', '[::1', ' ::1'].map(
      (bad): [unknown, string] => [{ servers: [bad] }, `option \`servers[0]\`: ${server}, got '${bad}'`],
    ),
    [{ servers: [53] }, `option \`servers[0]\`: ${server}, got 53`],
    [{ tier: -1 }, 'option `tier`: expected a whole number from 0, got -1'],
    [
      { headers: { a: 1 } },
      'option `headers.a`: expected a string of Latin-1 without control characters, got a value of type number',
    ],
    [{ timeouts: { connectMs: 0 } }, `option \`timeouts.connectMs\`: ${ms}, or Infinity, got 0`],
    [
      { tls: { servername: '::1' } },
      "option `tls.servername`: expected a host name such as 'api.internal', without a final dot, got '::1'",
    ],
    [{ refresh: 1 }, 'option `refresh` is unknown; did you mean `refreshMs`?'],
    [
      { url: 'http://b.internal' },
      'option `url` is unknown; known are record, refreshMs, servers, timeoutMs, headers, tier, timeouts, tls, maxInFlight, terminalStatuses',
    ],
  ])('are told for the options %j', (options, problem) => {
    expect(problemOf('http://api.internal', options)).toBe(problem);
  });

  test('are told for a port beside SRV records', () => {
    expect(problemOf('http://_http._tcp.api.internal:8080', { record: 'SRV' })).toBe(
      "option `url`: expected a URL without a port, which SRV records give, got 'http://_http._tcp.api.internal:8080/'",
    );
  });

  test('are told all at once', () => {
    const lines = problemOf('one', { record: 'MX', refreshMs: -1, servers: [''], timeoutMs: 0, ttl: 1 }).split('\n');
    expect(lines.map((line) => line.replace(/:? expected .*| is unknown.*/, ''))).toEqual([
      '6 problems:',
      '- option `url`',
      '- option `ttl`',
      '- option `record`',
      '- option `refreshMs`',
      '- option `servers[0]`',
      '- option `timeoutMs`',
    ]);
  });

  test.each<[unknown, unknown]>([
    ['http://api.internal', undefined],
    ['http://api.internal', {}],
    ['https://api.internal:8443/base', { record: 'AAAA', refreshMs: Infinity, timeoutMs: 0.5 }],
    [
      new URL('http://_http._tcp.api.internal'),
      { record: 'SRV', servers: ['10.0.0.53', '10.0.0.53:65535', '[::1]:5353', '[::1]', '::1'] },
    ],
  ])('are none: %s %j', (url, options) => {
    expect(problemOf(url, options)).toBe('no problem');
  });
});
