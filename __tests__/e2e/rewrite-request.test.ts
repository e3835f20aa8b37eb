import net from 'node:net';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { request } from '../helpers/proxy.ts';
import { head, startRaw, valuesIn } from '../helpers/raw.ts';
import { forwarded, get, ok, resources } from './forwarded-request.ts';

describe('`rewriteRequest`', () => {
  const rewrite = (rewriteRequest: unknown): Partial<BalancingProxyOptions> => ({
    rewriteRequest: rewriteRequest as NonNullable<BalancingProxyOptions['rewriteRequest']>,
  });
  const sent = ['X-Old: 1', 'x-Other: 2', 'X-Old: 3'];

  test.each<[string, unknown, string[]]>([
    ['sets', () => ({ 'X-New': 'n' }), [...sent, 'X-New: n']],
    ['replaces, whatever the case,', () => ({ 'x-OLD': 'n' }), ['x-Other: 2', 'x-OLD: n']],
    ['removes', () => ({ 'x-old': undefined }), ['x-Other: 2']],
    ['repeats', () => ({ 'X-New': ['a', 'b'] }), [...sent, 'X-New: a', 'X-New: b']],
    ['sets later', async () => ({ 'X-New': 'n' }), [...sent, 'X-New: n']],
    ['returns numbers as', () => ({ 'X-New': 0 }), [...sent, 'X-New: 0']],
    ['returns nothing for', () => undefined, sent],
    ['returns bytes above 127 in', () => ({ 'X-New': '\xe9' }), [...sent, 'X-New: \xe9']],
  ])('%s headers', async (_, hook, expected) => {
    const { headers } = await forwarded(get('/', ...sent), { options: rewrite(hook) });
    expect(headers.filter((line) => /^x-(?!forwarded)/i.test(line))).toEqual(expected);
  });

  test('gets the headers as they would go out, the request and the name of the endpoint', async () => {
    let got: unknown[] = [];
    const hook: BalancingProxyOptions['rewriteRequest'] = (headers, { req, endpoint }) => {
      got = [headers, req.url, endpoint];
      return undefined;
    };
    const { host } = await forwarded(get('/x', ...sent, 'TE: trailers'), { options: rewrite(hook) });
    const headers = {
      host,
      'x-old': '1, 3',
      'x-other': '2',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'client.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
      via: '1.1 us',
    };
    expect(got).toEqual([headers, '/x', `http://${host}`]);
  });

  test('may pass on all that it got, framing included', async () => {
    const hook: BalancingProxyOptions['rewriteRequest'] = (headers) => ({ ...headers, 'x-new': 'n' }) as never;
    const post = head('POST / HTTP/1.1', 'Host: h', 'Content-Length: 4', 'Connection: close');
    const { headers, body } = await forwarded(`${post}body`, { options: rewrite(hook) });
    expect([valuesIn(headers, 'content-length'), valuesIn(headers, 'x-new'), body]).toEqual([['4'], ['n'], 'body']);
  });

  test.each<[string, unknown]>([
    ['throws', () => JSON.parse('{')],
    ['rejects', async () => JSON.parse('{')],
    ['changes the length', () => ({ 'Content-Length': '3' })],
    ['removes the length', () => ({ 'content-length': undefined })],
    ['adds chunked framing', () => ({ 'transfer-encoding': 'chunked' })],
    ['names headers in `Connection`', () => ({ Connection: 'via' })],
    ['asks for an upgrade', () => ({ upgrade: 'websocket' })],
    ['announces trailers', () => ({ Trailer: 'X-T' })],
    ['returns a line break', () => ({ 'X-New': 'a\r\nX-Injected: 1' })],
    ['returns what is no byte', () => ({ 'X-New': '\u20ac' })],
    ['returns what is no header name', () => ({ 'X New': '1' })],
    ['returns a string', () => 'X-New: 1'],
    ['returns a number', () => 1],
    ['returns a list', () => ['X-New', '1']],
    ['returns a Map', () => new Map([['X-New', '1']])],
    ['never settles', () => new Promise(() => {})],
  ])('that %s makes a failed attempt, and another endpoint answers', async (what, hook) => {
    const endpoints = [resources.use(await startRaw(ok)), resources.use(await startRaw(ok))] as const;
    const onlyFirst: BalancingProxyOptions['rewriteRequest'] = (_headers, context) =>
      context.endpoint === endpoints[0].url ? (hook as () => undefined)() : undefined;
    const served = await resources.serve({
      endpoints: endpoints.map(({ url }) => url),
      strategy: 'failover',
      timeouts: { responseMs: 500 },
      rewriteRequest: onlyFirst,
    });
    expect((await request(served.url, { method: 'POST', body: 'body' })).text).toBe('ok');
    expect(endpoints.map(({ requests }) => requests.length)).toEqual([0, 1]);
    const code = what === 'never settles' ? 'ERR_BRP_RESPONSE_TIMEOUT' : 'ERR_BRP_HOOK';
    expect(served.events.at(-1)).toMatchObject({ attempts: [{ error: { code } }, { outcome: 'won' }] });
  });

  test('that never settles does not hold a request whose client is gone', async () => {
    const asked = Promise.withResolvers<void>();
    const hook = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const endpoint = resources.use(await startRaw(ok));
    const served = await resources.serve({ endpoints: [endpoint.url], ...rewrite(hook) });
    const client = net.connect(Number(new URL(served.url).port), '127.0.0.1');
    client.write(get('/'));
    await asked.promise;
    client.destroy();
    await served.proxy.close();
    expect(served.events.at(-1)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' } });
  });
});
