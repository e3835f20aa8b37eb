import type { BalancingProxyOptions } from '../../src/index.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw, valuesIn } from '../helpers/raw.ts';
import { answering } from '../helpers/servers.ts';
import { isOverUndici } from '../helpers/transport-under-test.ts';
import { added, forwarded, get, mounted, resources, serve } from './forwarded-request.ts';

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
    const endpoint = await resources.start(answering(200, 'ok'));
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
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
