import type { RequestListener } from 'node:http';
import net from 'node:net';
import express from 'express';
import type { BalancingProxy, BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, serveProxy } from '../helpers/proxy.ts';
import { head, type RawRequest, sendRaw, startRaw, valuesIn } from '../helpers/raw.ts';
import { answering, startHttp } from '../helpers/servers.ts';
import { isOverUndici } from '../helpers/transport-under-test.ts';

const resources = leakCheckedResources();

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Setting {
  readonly options?: Partial<BalancingProxyOptions>;
  /** The base path and query of the endpoint. */
  readonly base?: string;
  readonly frame?: (proxy: BalancingProxy) => RequestListener;
}

/** Serves a proxy with one endpoint that keeps the bytes it gets. */
async function serve({ options, base = '', frame }: Setting = {}) {
  const endpoint = resources.use(await startRaw(ok));
  const endpoints = [endpoint.url + base];
  const { url } = resources.use(await serveProxy({ endpoints, via: 'us', ...options }, frame));
  return { url, endpoint };
}

/** What the endpoint gets when a client sends these bytes. */
async function forwarded(bytes: string, setting?: Setting): Promise<RawRequest & { readonly host: string }> {
  const { url, endpoint } = await serve(setting);
  const { text } = await sendRaw(url, bytes);
  const [got] = endpoint.requests;
  if (!got) throw new Error(`the endpoint was not asked; the client got: ${text}`);
  return { ...got, host: new URL(endpoint.url).host };
}

const get = (target: string, ...headers: string[]) =>
  head(`GET ${target} HTTP/1.1`, 'Host: client.example', ...headers, 'Connection: close');

const mounted =
  (path: string) =>
  (proxy: BalancingProxy): RequestListener =>
    express().use(path, proxy);

describe('the request target', () => {
  const nasty = [
    '/',
    '/a/../b',
    '/a/./b',
    '/../../etc/passwd',
    '/%2e%2e/x',
    '/%2E./%2e',
    '/%252e',
    '/a%2Fb%5c',
    '//x',
    '//evil.example/x',
    '///',
    '/\\evil.example\\x',
    '/@evil.example/',
    '/:80/',
    '/http://evil.example/',
    '/a|b"<>',
    "/a^b`c{d}'e",
    '/x;y=1;z',
    '/[::1]/',
    '/x?y=\\z',
    '/?',
    '/x?',
    '/x??y=?/../',
    '/x?a=1&a=2&&=',
    '/x?next=http://evil.example/#there',
    '/x?j={"k":[1]}&t=a+b%20c',
    '/%',
    '/%zz?%',
    '/%00%0d%0a',
    '/%c3%28',
    '/x#fragment',
    `/${'a'.repeat(4_000)}`,
  ];

  test.each(nasty)('%s arrives as it is', async (target) => {
    expect((await forwarded(get(target))).requestLine).toBe(`GET ${target} HTTP/1.1`);
  });

  test.each(nasty)('%s arrives as it is behind a mount prefix and a base path', async (target) => {
    const { requestLine } = await forwarded(get(`/api${target}`), { base: '/base/', frame: mounted('/api') });
    expect(requestLine).toBe(`GET /base${target} HTTP/1.1`);
  });

  test.each(nasty)('%s is what `pathRewrite` gets, and what it returns arrives', async (target) => {
    const options = { pathRewrite: (path: string) => `/v2${path}` };
    const { requestLine } = await forwarded(get(`/api${target}`), { options, base: '/base', frame: mounted('/api') });
    expect(requestLine).toBe(`GET /base/v2${target} HTTP/1.1`);
  });

  test.each([
    ['http://evil.example/a/../b?x', '/a/../b?x'],
    ['http://evil.example', '/'],
    ['http://evil.example?x=http://other.example/', '/?x=http://other.example/'],
    ['HTTPS://user:password@evil.example:81//x', '//x'],
    ['http://evil.example/http://other.example/', '/http://other.example/'],
    ['ws://[::1]:9/x', '/x'],
    ['//evil.example/x', '//evil.example/x'],
  ])('%s is asked of the endpoint as %s with its own Host', async (target, expected) => {
    const { requestLine, headers, host } = await forwarded(get(target));
    expect(requestLine).toBe(`GET ${expected} HTTP/1.1`);
    expect(valuesIn(headers, 'host')).toEqual([host]);
  });

  test('in absolute form loses the mount prefix, too', async () => {
    const { requestLine } = await forwarded(get('http://evil.example/api//x?y'), { frame: mounted('/api') });
    expect(requestLine).toBe('GET //x?y HTTP/1.1');
  });

  test('may be the asterisk of OPTIONS', async () => {
    const { requestLine } = await forwarded(head('OPTIONS * HTTP/1.1', 'Host: x', 'Connection: close'));
    expect(requestLine).toBe('OPTIONS * HTTP/1.1');
  });

  test.each([
    ['/x', '/base/x?key=1'],
    ['/x?y=\\z', '/base/x?key=1&y=\\z'],
    ['/?', '/base/?key=1&'],
  ])('%s goes behind the base path and query of an endpoint as %s', async (target, expected) => {
    expect((await forwarded(get(target), { base: '/base/?key=1' })).requestLine).toBe(`GET ${expected} HTTP/1.1`);
  });
});

describe('`pathRewrite`', () => {
  test('gets the request, too', async () => {
    const options: Partial<BalancingProxyOptions> = {
      pathRewrite: (path, { headers }) => `/${headers['x-tenant']}${path}`,
    };
    expect((await forwarded(get('/x?y', 'X-Tenant: blue'), { options })).requestLine).toBe('GET /blue/x?y HTTP/1.1');
  });

  test.each<[string, () => unknown]>([
    ['throws', () => JSON.parse('{')],
    ['returns nothing', () => undefined],
    ['returns a path without a slash', () => 'evil.example/x'],
    ['returns a URL', () => 'http://evil.example/x'],
    ['returns a path with a space', () => '/a b'],
    ['returns a line break', () => '/x\r\nX-Injected: 1'],
    ['returns what is no byte', () => '/\u20ac'],
    ['returns a promise', async () => '/x'],
    ['returns a promise that rejects', async () => JSON.parse('{')],
  ])('that %s is answered with 500 and asks no endpoint', async (_, pathRewrite) => {
    const { url, endpoint } = await serve({ options: { pathRewrite: pathRewrite as () => string } });
    const { status, text } = await request(url);
    expect([status, text]).toEqual([500, '500 ERR_BRP_HOOK\n']);
    expect(endpoint.requests).toEqual([]);
  });
});

/** The headers that the proxy adds for a client at 127.0.0.1 that asked for this host. */
const added = (host: string) => [
  'X-Forwarded-For: 127.0.0.1',
  `X-Forwarded-Host: ${host}`,
  'X-Forwarded-Proto: http',
  'X-Forwarded-Port: 80',
  'Via: 1.1 us',
  'Connection: keep-alive',
];

describe('request headers', () => {
  test('arrive with their case, order, repeats and bytes above 127, and nothing is added but what says who asked', async () => {
    const sent = [
      'x-lOwEr: 1',
      'X-Repeat: a',
      'ACCEPT: */*',
      'X-Repeat: b',
      'x-repeat: c',
      'X-Empty: ',
      'X-Bytes: \xe9 \xff',
      'Content-Disposition: attachment; filename="\xc3\xa9.txt"',
      'Cookie: a=1',
      'Cookie: b=2',
      'Authorization: Bearer x',
      'If-None-Match: "1"',
    ];
    const { headers, host } = await forwarded(get('/', ...sent));
    expect(headers).toEqual([`Host: ${host}`, ...sent, ...added('client.example')]);
  });

  test.each([
    'Keep-Alive: timeout=5',
    'Proxy-Authorization: Basic eDp5',
    'Proxy-Connection: keep-alive',
    'TE: trailers',
    'Trailer: X-Checksum',
    'Upgrade: h2c',
    'Expect: 100-continue',
  ])('that concern one connection do not arrive: %s', async (line) => {
    const { headers, host } = await forwarded(get('/', 'X-Kept: 1', line));
    expect(headers).toEqual([`Host: ${host}`, 'X-Kept: 1', ...added('client.example')]);
  });

  test('that `Connection` names do not arrive, in whatever case and however many `Connection`s there are', async () => {
    const sent = [
      'Connection: x-one,,  X-TWO',
      'X-One: 1',
      'x-two: 2',
      'Connection: X-Three',
      'X-Three: 3',
      'X-Four: 4',
    ];
    const { headers, host } = await forwarded(get('/', ...sent));
    expect(headers).toEqual([`Host: ${host}`, 'X-Four: 4', ...added('client.example')]);
  });

  test('that we add cannot be removed by a `Connection` that names them', async () => {
    const named =
      'Connection: close, host, via, x-forwarded-for, x-forwarded-host, x-forwarded-proto, x-forwarded-port';
    const post = head('POST / HTTP/1.1', 'Host: h', `${named}, content-length, content-type`, 'Content-Length: 4');
    const { headers, body, host } = await forwarded(`${post}body`);
    expect(headers).toEqual([`Host: ${host}`, 'Content-Length: 4', ...added('h')]);
    expect(body).toBe('body');
  });

  test('of a body encoded with `Transfer-Encoding` give way to its length', async () => {
    const post = head('POST / HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked', 'Trailer: X-T', 'Connection: close');
    const { headers, body, host } = await forwarded(`${post}2\r\nbo\r\n2\r\ndy\r\n0\r\nX-T: t\r\n\r\n`);
    expect(headers).toEqual([`Host: ${host}`, 'Content-Length: 4', ...added('h')]);
    expect(body).toBe('body');
  });
});

describe('the request method', () => {
  const methods =
    'GET DELETE OPTIONS POST PUT PATCH PROPFIND PROPPATCH QUERY MKCOL COPY MOVE LOCK REPORT SEARCH PURGE TRACE M-SEARCH';

  // undici says `Content-Length: 0` for those of which a body is expected, and for no others.
  const expectingBody = 'POST PUT PATCH PROPFIND PROPPATCH QUERY'.split(' ');
  const unframed = methods.split(' ').filter((method) => !isOverUndici || !expectingBody.includes(method));

  test.each(unframed)('%s arrives without a body and without framing headers', async (method) => {
    const { requestLine, headers, body, host } = await forwarded(
      head(`${method} /x HTTP/1.1`, 'Host: h', 'X-Kept: 1', 'Connection: close'),
    );
    expect(requestLine).toBe(`${method} /x HTTP/1.1`);
    expect(headers.slice(0, -1)).toEqual([`Host: ${host}`, 'X-Kept: 1', ...added('h').slice(0, -1)]);
    expect(body).toBe('');
  });

  test.each(methods.split(' '))('%s arrives with its body', async (method) => {
    const sent = head(`${method} /x HTTP/1.1`, 'Host: h', 'Content-Length: 4', 'Connection: close');
    const { requestLine, headers, body, host } = await forwarded(`${sent}body`);
    expect([requestLine, body]).toEqual([`${method} /x HTTP/1.1`, 'body']);
    expect(headers).toEqual([`Host: ${host}`, 'Content-Length: 4', ...added('h')]);
  });

  test.each(isOverUndici ? expectingBody : methods.split(' '))(
    '%s arrives with an empty body as such',
    async (method) => {
      const { headers } = await forwarded(
        head(`${method} /x HTTP/1.1`, 'Host: h', 'Content-Length: 0', 'Connection: close'),
      );
      expect(valuesIn(headers, 'content-length')).toEqual(['0']);
      expect(valuesIn(headers, 'transfer-encoding')).toEqual([]);
    },
  );
});

describe('a client', () => {
  test('that waits for 100 gets it from us, and the endpoint sees no `Expect`', async () => {
    const endpoint = resources.use(await startHttp(answering(200, 'ok')));
    const { url } = resources.use(await serveProxy({ endpoints: [endpoint.url] }));
    const sent = head('POST / HTTP/1.1', 'Host: h', 'Expect: 100-continue', 'Content-Length: 4', 'Connection: close');
    const { text } = await sendRaw(url, `${sent}body`);
    expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
  });

  test('of HTTP/1.0 without a Host is forwarded as HTTP/1.1', async () => {
    const { requestLine, headers, host } = await forwarded('GET /x HTTP/1.0\r\nX-Old: 1\r\n\r\n');
    expect(requestLine).toBe('GET /x HTTP/1.1');
    expect(headers).toEqual([
      `Host: ${host}`,
      'X-Old: 1',
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Port: 80',
      'Via: 1.0 us',
      'Connection: keep-alive',
    ]);
  });

  test('of HTTP/1.0 may send a body', async () => {
    const { headers, body } = await forwarded('POST /x HTTP/1.0\r\nContent-Length: 4\r\n\r\nbody');
    expect([valuesIn(headers, 'content-length'), body]).toEqual([['4'], 'body']);
  });
});

describe('who asked', () => {
  const claims = [
    'X-Forwarded-For: 10.0.0.1',
    'x-forwarded-for: 10.0.0.2',
    'X-Forwarded-Host: claimed.example:8443',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 8443',
    'Forwarded: for=10.0.0.1',
  ];
  const ours = added('client.example').slice(0, 4);
  const believed = [
    'X-Forwarded-For: 10.0.0.1, 10.0.0.2, 127.0.0.1',
    'X-Forwarded-Host: claimed.example:8443',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 8443',
    'Forwarded: for=10.0.0.1, for=127.0.0.1;host="client.example";proto=http',
  ];
  const trusting =
    (setting: unknown) =>
    (proxy: BalancingProxy): RequestListener =>
      express().set('trust proxy', setting).use(proxy);
  const isPartner: BalancingProxyOptions['trustForwarded'] = ({ headers }) => headers['x-partner'] === 'yes';

  test.each<[string, Setting, string[], string[]]>([
    ['replaced by default', {}, [], ours],
    ['believed with `trustForwarded`', { options: { trustForwarded: true } }, [], believed],
    ['believed when the function says so', { options: { trustForwarded: isPartner } }, ['X-Partner: yes'], believed],
    ['replaced when the function does not', { options: { trustForwarded: isPartner } }, ['X-Partner: no'], ours],
    ["believed with Express's `trust proxy`", { frame: trusting(true) }, [], believed],
    ["believed when Express's `trust proxy` names the client", { frame: trusting('loopback') }, [], believed],
    ["replaced when Express's `trust proxy` names another", { frame: trusting('10.0.0.1') }, [], ours],
    ['replaced with Express by default', { frame: mounted('/') }, [], ours],
    [
      'replaced when the option contradicts Express',
      { frame: trusting(true), options: { trustForwarded: false } },
      [],
      ours,
    ],
  ])('is %s', async (_, setting, more, expected) => {
    const { headers } = await forwarded(get('/', ...claims, ...more), setting);
    expect(headers.filter((line) => /^(x-)?forwarded/i.test(line))).toEqual(expected);
  });

  test.each<[string, () => unknown]>([
    ['throws', () => JSON.parse('{')],
    ['gives a promise, which would always look like yes', async () => false],
    ['gives a promise that rejects', async () => JSON.parse('{')],
  ])('is answered with 500 when `trustForwarded` %s', async (_, trustForwarded) => {
    const { url } = await serve({ options: { trustForwarded: trustForwarded as () => boolean } });
    expect((await request(url)).text).toBe('500 ERR_BRP_HOOK\n');
  });

  test('keeps the port that the client asked for', async () => {
    const { url, endpoint } = await serve();
    await request(url);
    const { headers = [] } = endpoint.requests[0] ?? {};
    expect(valuesIn(headers, 'x-forwarded-host')).toEqual([new URL(url).host]);
    expect(valuesIn(headers, 'x-forwarded-port')).toEqual([new URL(url).port]);
  });

  test('goes on in `Via`, behind the proxies before us', async () => {
    const { headers } = await forwarded(get('/', 'Via: 1.1 first', 'via: 1.0 second (comment)'));
    expect(valuesIn(headers, 'via')).toEqual(['1.1 first, 1.0 second (comment), 1.1 us']);
  });
});

describe('`Host`', () => {
  test.each<[string, Setting, string]>([
    ["the client's with `preserveHost`", { options: { preserveHost: true } }, 'client.example'],
    ["the endpoint's configured one", { options: {} }, 'configured.example'],
    [
      "the endpoint's configured one even with `preserveHost`",
      { options: { preserveHost: true } },
      'configured.example',
    ],
  ])('is %s', async (_, { options }, expected) => {
    const endpoint = resources.use(await startRaw(ok));
    const headers = expected === 'configured.example' ? { Host: expected } : {};
    const { url } = resources.use(await serveProxy({ endpoints: [{ url: endpoint.url, headers }], ...options }));
    await sendRaw(url, get('/'));
    expect(valuesIn(endpoint.requests[0]?.headers ?? [], 'host')).toEqual([expected]);
  });

  test("is the endpoint's own with `preserveHost` when the client has none", async () => {
    const { headers, host } = await forwarded('GET / HTTP/1.0\r\n\r\n', { options: { preserveHost: true } });
    expect(valuesIn(headers, 'host')).toEqual([host]);
  });
});

describe("an endpoint's own headers", () => {
  test('replace all of that name that the client sent, and may repeat', async () => {
    const endpoint = resources.use(await startRaw(ok));
    const headers = { 'X-Key': ['1', '2'], authorization: 'Bearer endpoint' };
    const { url } = resources.use(await serveProxy({ endpoints: [{ url: endpoint.url, headers }], via: 'us' }));
    await sendRaw(url, get('/', 'x-key: client', 'X-KEY: again', 'Authorization: Bearer client', 'X-Kept: 1'));
    expect(endpoint.requests[0]?.headers).toEqual([
      `Host: ${new URL(endpoint.url).host}`,
      'X-Key: 1',
      'X-Key: 2',
      'authorization: Bearer endpoint',
      'X-Kept: 1',
      ...added('client.example'),
    ]);
  });

  test('go to that endpoint only', async () => {
    const endpoints = [resources.use(await startRaw(ok)), resources.use(await startRaw(ok))] as const;
    const options = { endpoints: [{ url: endpoints[0].url, headers: { 'X-Key': '1' } }, endpoints[1].url] };
    const { url } = resources.use(await serveProxy({ ...options, terminalStatuses: '404' }));
    await sendRaw(url, get('/'));
    expect(endpoints.map(({ requests: [got] }) => valuesIn(got?.headers ?? [], 'x-key'))).toEqual([['1'], []]);
  });
});

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
    const served = resources.use(
      await serveProxy({
        endpoints: endpoints.map(({ url }) => url),
        strategy: 'failover',
        timeouts: { responseMs: 500 },
        rewriteRequest: onlyFirst,
      }),
    );
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
    const served = resources.use(await serveProxy({ endpoints: [endpoint.url], ...rewrite(hook) }));
    const client = net.connect(Number(new URL(served.url).port), '127.0.0.1');
    client.write(get('/'));
    await asked.promise;
    client.destroy();
    await served.proxy.close();
    expect(served.events.at(-1)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' } });
  });
});
