import { EndpointSource } from '../../src/endpoints/place/endpoint-source.ts';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { listParser } from '../../src/options/endpoints.ts';
import { startDns } from '../helpers/dns-server.ts';
import { Resources } from '../helpers/proxy.ts';
import { clientRequest } from '../http/client-request.ts';
import { problemOf } from './problems.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const url = 'http://api.internal:8080/base';

describe('problems of an item with a name for DNS', () => {
  const named =
    'expected an http(s) URL with a host name to ask DNS for; an IP address needs none, its URL stands by itself';
  test.each<[object, string]>([
    [{ dns: undefined }, '`endpoints[1].dns`: expected an absolute http(s) or http+unix URL, got undefined'],
    [{ dns: 'api.internal' }, "`endpoints[1].dns`: expected an absolute http(s) or http+unix URL, got 'api.internal'"],
    [{ dns: 'http://u:pw@10.0.0.1' }, `\`endpoints[1].dns\`: ${named}, got 'http://***@10.0.0.1'`],
    [
      { dns: 'http://_http._tcp.api:8080', record: 'SRV' },
      "`endpoints[1].dns`: expected a URL without a port, which SRV records give, got 'http://_http._tcp.api:8080/'",
    ],
    [{ dns: url, record: 'MX' }, "`endpoints[1].record`: expected one of 'A', 'AAAA', 'SRV', got 'MX'"],
    [
      { dns: url, refreshMs: 0 },
      '`endpoints[1].refreshMs`: expected milliseconds above 0 and up to 2147483647, or Infinity, got 0',
    ],
    [
      { dns: url, servers: ['dns.internal'] },
      "`endpoints[1].servers[0]`: expected an IP address with or without a port such as '10.0.0.53:5353', got 'dns.internal'",
    ],
    [{ dns: url, tier: -1 }, '`endpoints[1].tier`: expected a whole number from 0, got -1'],
    [{ dns: url, refresh: 1 }, '`endpoints[1].refresh` is unknown; did you mean `refreshMs`?'],
  ])('are told with its place: %j', (item, problem) => {
    expect(problemOf({ endpoints: ['http://one.example', item] })).toBe(`option ${problem}`);
  });

  test.each(['url', 'name', 'address'])('are told for `%s` beside it, which each address has for itself', (field) => {
    const item = { dns: url, [field]: '10.0.0.1' };
    expect(problemOf({ endpoints: [item] })).toMatch(`option \`endpoints[0].${field}\` is unknown`);
  });

  test('are told for settings that do not go together with the general ones', () => {
    const tls = { cert: 'none' };
    expect(problemOf({ endpoints: [{ dns: 'https://api.internal', tls }] })).toMatch(/^option `endpoints\[0\]\.tls/);
  });
});

test('a name in a list that a function gives is refused with the advice to ask DNS there', async () => {
  const endpoints = () => ['http://one.example', { dns: url }] as unknown as readonly string[];
  const source = new EndpointSource(endpoints, listParser(resolveOptions({ endpoints })));
  await expect(source.for(clientRequest({}))).rejects.toMatchObject({
    code: 'ERR_BRP_ENDPOINTS',
    cause: {
      message: 'option `endpoints(req)[1]`: a function gives URLs, and has to ask DNS itself: see dnsEndpoints()',
    },
  });
});

describe('names in a list', () => {
  const namesOf = (endpoints: BalancingProxyOptions['endpoints']) => createBalancingProxy({ endpoints }).names;

  test('are told with their place and their settings, before DNS was asked', async () => {
    const dns = resources.use(await startDns());
    const names = namesOf([
      'http://one.example',
      { dns: 'http://user:pw@api.internal:8080/base?key=1', servers: [dns.server], refreshMs: 5_000 },
      { dns: new URL('https://_https._tcp.api.internal'), servers: [dns.server], record: 'SRV' },
    ]);
    const unknown = { answers: undefined, endpoints: [], problem: undefined };
    expect(names).toEqual([
      { dns: 'http://api.internal:8080/base', index: 1, record: 'A', refreshMs: 5_000, ...unknown },
      { dns: 'https://_https._tcp.api.internal', index: 2, record: 'SRV', refreshMs: 30_000, ...unknown },
    ]);
    expect(dns.questions).toEqual([]);
  });

  test('that are alike are told apart', () => {
    const names = namesOf([{ dns: url }, { dns: url, record: 'AAAA' }]);
    expect(names.map(({ dns, record }) => [dns, record])).toEqual([
      [url, 'A'],
      [`${url}#2`, 'AAAA'],
    ]);
  });

  test('are none where there are only URLs', () => {
    expect(namesOf(['http://one.example'])).toEqual([]);
  });
});
