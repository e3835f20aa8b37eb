import { jest } from '@jest/globals';
import { EndpointSource } from '../../../src/endpoints/place/endpoint-source.ts';
import { type Config, resolveOptions } from '../../../src/options/config.ts';
import type { EndpointOption, EndpointsFunction } from '../../../src/options/endpoint.ts';
import { listParser } from '../../../src/options/endpoints.ts';
import { clientRequest } from '../../http/client-request.ts';
import { parseAll as parse } from '../../options/parse-endpoints.ts';
import { endpointsIn } from '../../options/problems.ts';

describe('the endpoints for a request', () => {
  const req = clientRequest({ headers: ['X-Tenant', 'a'] });
  const sourceOf = (config: Config) => {
    const { endpoints } = config;
    return new EndpointSource(typeof endpoints === 'function' ? endpoints : endpointsIn(config), listParser(config));
  };
  const sourceBy = (endpoints: EndpointsFunction) => sourceOf(resolveOptions({ endpoints }));
  const endpointsOf = (endpoints: EndpointsFunction) => sourceBy(endpoints).for(req);

  test('are those of the list where there is one', async () => {
    const config = resolveOptions({ endpoints: ['http://one.example'] });
    await expect(sourceOf(config).for(req)).resolves.toBe(config.endpoints);
  });

  test.each<[string, EndpointsFunction]>([
    ['returns', ({ headers }) => [`http://${headers['x-tenant']}.example`]],
    ['resolves with', async ({ headers }) => [`http://${headers['x-tenant']}.example`]],
  ])('are those that the function %s', async (_, endpoints) => {
    await expect(endpointsOf(endpoints)).resolves.toEqual(parse('http://a.example'));
  });

  test('are parsed like those of a list, with distinct names', async () => {
    const given = [
      'http://user:pass@one.example/base?a',
      { url: 'http://one.example/base', name: 'b' },
      'http://one.example/base',
    ];
    await expect(endpointsOf(() => given)).resolves.toEqual(parse(...given));
  });

  const { freeze } = Object;
  test.each<[string, readonly EndpointOption[]]>([
    ['of strings', freeze(['http://one.example'])],
    ['of objects', freeze([freeze({ url: 'http://one.example', name: 'a', address: '10.0.0.1' })])],
    ['with settings', freeze([freeze({ url: 'http://one.example', timeouts: freeze({ idleMs: 1 }), maxInFlight: 1 })])],
    ['with headers', freeze([freeze({ url: 'http://one.example', headers: freeze({ a: 'x', b: freeze(['y']) }) })])],
  ])('are parsed once where the same list %s is frozen', async (_, list) => {
    const give = jest.fn<EndpointsFunction>().mockReturnValueOnce(list).mockResolvedValueOnce(list);
    const source = sourceBy(give);
    const first = await source.for(req);
    expect(first).toEqual(parse(...list));
    expect(await source.for(req)).toBe(first);
    expect(give).toHaveBeenCalledTimes(2);
  });

  test('are parsed once where frozen ones are put into a new list with each request', async () => {
    const endpoint = freeze({ url: 'http://one.example', timeouts: freeze({ idleMs: 5 }) });
    const source = sourceBy(() => [endpoint, { ...endpoint }, endpoint]);
    const [first = [], second = []] = [await source.for(req), await source.for(req)];
    const isSame = first.map(({ settings }, index) => settings === second[index]?.settings);
    expect(isSame).toEqual([true, false, true]);
    expect(second.map(({ address }) => address.name)).toEqual([
      'http://one.example',
      'http://one.example#2',
      'http://one.example#3',
    ]);
  });

  test('are parsed for each proxy, whose settings the endpoints share', async () => {
    const list = freeze([freeze({ url: 'http://one.example', timeouts: freeze({ idleMs: 5 }) })]);
    const limitsOf = async (connectMs: number) => {
      const [endpoint] = await sourceOf(resolveOptions({ endpoints: () => list, timeouts: { connectMs } })).for(req);
      return endpoint?.settings.timeouts;
    };
    expect(await limitsOf(1)).toMatchObject({ connectMs: 1, idleMs: 5 });
    expect(await limitsOf(2)).toMatchObject({ connectMs: 2, idleMs: 5 });
  });

  test.each<[string, (url: string) => readonly EndpointOption[], (list: never, url: string) => void]>([
    ['the list', (url) => [url], (list: string[], url) => void list.splice(0, 1, url)],
    ['an endpoint', (url) => freeze([{ url }]), ([one]: [{ url: string }], url) => Object.assign(one, { url })],
    [
      'a URL',
      (url) => freeze([freeze({ url: freeze(new URL(url)) })]),
      ([one]: [{ url: URL }], url) => void Object.assign(one.url, { href: url }),
    ],
    ['a bare URL', (url) => freeze([new URL(url)]), ([one]: [URL], url) => void Object.assign(one, { href: url })],
  ])('are those of this moment where %s may change', async (_, make, change) => {
    const list = make('http://one.example');
    const source = sourceBy(() => list);
    expect(await source.for(req)).toEqual(parse('http://one.example'));
    change(list as never, 'http://two.example');
    expect(await source.for(req)).toEqual(parse('http://two.example'));
  });

  test('have the headers of this moment where these may change', async () => {
    const headers = { a: 'x' };
    const list = freeze([freeze({ url: 'http://one.example', headers })]);
    const source = sourceBy(() => list);
    await source.for(req);
    headers.a = 'y';
    expect((await source.for(req))[0]?.address.headers).toEqual(['a', 'y']);
  });

  test.each<[string, EndpointsFunction]>([
    ['returns', () => []],
    ['resolves with', async () => []],
  ])('may be none: %s []', async (_, endpoints) => {
    await expect(endpointsOf(endpoints)).resolves.toEqual([]);
  });

  const oops = new Error('oops');
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw oops;
      },
    ],
    ['rejects', () => Promise.reject(oops)],
  ])('are an error with its cause when the function %s', async (_, endpoints) => {
    await expect(endpointsOf(endpoints as EndpointsFunction)).rejects.toMatchObject({
      name: 'BalancingProxyError',
      code: 'ERR_BRP_ENDPOINTS',
      status: 500,
      message: 'the `endpoints` function failed',
      cause: oops,
    });
  });

  const list = 'option `endpoints(req)`: expected an array of URLs';
  const url = 'expected an absolute http(s) or http+unix URL';
  test.each<[string, unknown, string]>([
    ['undefined', undefined, `${list}, got undefined`],
    ['one URL', 'http://one.example', `${list}, got 'http://one.example'`],
    ['a set', new Set(['http://one.example']), `${list}, got [object Set]`],
    ['a function', () => ['http://one.example'], `${list}, got [Function (anonymous)]`],
    ['a bad URL', ['http://good.example', 'one.com'], `option \`endpoints(req)[1]\`: ${url}, got 'one.com'`],
    [
      'a bad field',
      [{ url: 'http://one.example', nam: 'a' }],
      'option `endpoints(req)[0].nam` is unknown; did you mean `name`?',
    ],
    [
      'a secret in a bad URL',
      ['ftp://user:pass@one.example'],
      `option \`endpoints(req)[0]\`: ${url}, got 'ftp://***@one.example'`,
    ],
  ])('are an error that says what is wrong when the function gives %s', async (_, given, problem) => {
    await expect(endpointsOf((() => given) as EndpointsFunction)).rejects.toMatchObject({
      code: 'ERR_BRP_ENDPOINTS',
      status: 500,
      message: 'the `endpoints` function failed',
      cause: expect.objectContaining({ message: expect.stringContaining(problem) }),
    });
  });

  test('are an error that names every problem', async () => {
    const given = [{ url: 'one.com', name: '' }, 'two.com'];
    await expect(endpointsOf(() => given)).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(
          /endpoints\(req\)\[0\]\.url.*\n.*endpoints\(req\)\[0\]\.name.*\n.*endpoints\(req\)\[1\]/,
        ),
      },
    });
  });
});
