import http, { type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import { namesOf, valuesOf } from '../../src/http/headers.ts';
import { receivedHeaders } from '../../src/http/received-headers.ts';
import { sendHttp2, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { clientRequest } from './client-request.ts';

const came = ['Host', 'a.example', 'X-User', 'admin', 'Accept', 'a', 'Cookie', 'b=1', 'accept', 'c', 'X-Last', 'z'];

type Headers = Record<string, unknown>;
type Change = (headers: Headers, req: IncomingMessage) => unknown;

/** What is received when middleware does this. */
function receivedAfter(change: Change, headers: readonly string[] = came) {
  const req = clientRequest({ headers });
  change(req.headers, req);
  const { list, changed } = receivedHeaders(req);
  return { list, changed: [...changed] };
}

const set = (name: string, value: unknown) => (headers: Headers) => Object.assign(headers, { [name]: value });

const setAgain: Change = (headers) => {
  delete headers['x-user'];
  headers['x-user'] = 'admin';
};

describe('headers that nobody has touched', () => {
  test('are the list that came, itself', () => {
    const req = clientRequest({ headers: ['B', '1', 'A', '2'] });
    expect(receivedHeaders(req).list).toBe(req.rawHeaders);
  });

  test.each<[string, readonly string[]]>([
    ['several values of one name', came],
    ['what Node shows the first of', ['Host', 'a', 'host', 'b', 'User-Agent', 'c', 'USER-AGENT', 'd']],
    ['what Node shows the first of, twice the same', ['Host', 'a', 'Host', 'a']],
    ['cookies', ['Cookie', 'a=1', 'X', 'y', 'cookie', 'b=2']],
    ['Set-Cookie', ['Set-Cookie', 'a', 'set-cookie', 'b']],
    ['Set-Cookie once', ['Set-Cookie', 'a']],
    ['empty values', ['A', '', 'a', '', 'B', '']],
    ['names of all objects', ['constructor', 'a', '__proto__', 'b', 'toString', 'c', 'hasOwnProperty', 'd']],
    ['none', []],
  ])('are byte for byte as they came: %s', (_, headers) => {
    expect(receivedAfter(() => {}, headers)).toEqual({ list: headers, changed: [] });
  });
});

describe('a change by middleware', () => {
  const others = ['Accept', 'a', 'Cookie', 'b=1', 'accept', 'c', 'X-Last', 'z'];
  test.each<[string, Change, readonly string[], readonly string[]]>([
    ['a deletion', (headers) => delete headers['x-user'], ['Host', 'a.example', ...others], ['x-user']],
    ['undefined', set('x-user', undefined), ['Host', 'a.example', ...others], ['x-user']],
    ['null', set('x-user', null), ['Host', 'a.example', ...others], ['x-user']],
    ['an empty list', set('x-user', []), ['Host', 'a.example', ...others], ['x-user']],
    ['a value', set('x-user', 'bob'), ['Host', 'a.example', 'X-User', 'bob', ...others], ['x-user']],
    ['an empty value', set('x-user', ''), ['Host', 'a.example', 'X-User', '', ...others], ['x-user']],
    ['a number', set('x-user', 7), ['Host', 'a.example', 'X-User', '7', ...others], ['x-user']],
    ['true', set('x-user', true), ['Host', 'a.example', 'X-User', 'true', ...others], ['x-user']],
    ['a list', set('x-user', ['a', 8]), ['Host', 'a.example', 'X-User', 'a', 'X-User', '8', ...others], ['x-user']],
    ['a new header', set('x-tenant', 'acme'), [...came, 'x-tenant', 'acme'], ['x-tenant']],
    ['a new one in capitals', set('X-Tenant', 'acme'), [...came, 'X-Tenant', 'acme'], ['x-tenant']],
    [
      'a name in capitals beside what came',
      set('X-User', 'bob'),
      ['Host', 'a.example', 'X-User', 'bob', ...others],
      ['x-user'],
    ],
    ['nothing new', (headers) => Object.assign(headers, { 'x-user': 'admin' }), came, []],
    ['undefined for what did not come', set('x-none', undefined), came, []],
    [
      'one value for several',
      set('accept', 'a'),
      ['Host', 'a.example', 'X-User', 'admin', 'Accept', 'a', 'Cookie', 'b=1', 'X-Last', 'z'],
      ['accept'],
    ],
    [
      'other headers altogether',
      (_, req) => Object.assign(req, { headers: { accept: 'a, c', 'x-new': '1' } }),
      ['Accept', 'a', 'accept', 'c', 'x-new', '1'],
      ['x-new', 'host', 'x-user', 'cookie', 'x-last'],
    ],
    [
      'headers without a prototype',
      (headers, req) => Object.assign(req, { headers: Object.assign(Object.create(null), headers) }),
      came,
      [],
    ],
  ])('is received: %s', (_, change, list, changed) => {
    expect(receivedAfter(change)).toEqual({ list, changed });
  });

  test('is received beside what came twice and is shown once', () => {
    expect(receivedAfter(set('x-user', 'bob'), ['Host', 'a', 'Host', 'a']).list).toEqual([
      'Host',
      'a',
      'Host',
      'a',
      'x-user',
      'bob',
    ]);
    expect(receivedAfter((headers) => delete headers.host, ['Host', 'a', 'Host', 'b', 'A', 'b']).list).toEqual([
      'A',
      'b',
    ]);
  });

  test('is no change of `rawHeaders` alone, in which nothing can be hidden from others', () => {
    const added = receivedAfter((_, req) => void req.rawHeaders.push('X-Admin', '1'));
    expect(added.list).toEqual(came);
    const removed = receivedAfter((_, req) => Object.assign(req, { rawHeaders: req.rawHeaders.slice(4) }));
    expect(valuesOf(removed.list, 'x-user')).toEqual(['admin']);
  });

  test('is not what older Nodes do not show of more than a thousand headers', () => {
    const filler = Array<string[]>(1_000).fill(['F', '']).flat();
    const headers = ['X-User', 'a', 'X-User', 'b', ...filler, 'X-User', 'c', 'X-Late', 'd', 'x-late', 'e'];
    const { list, changed } = receivedAfter(
      (shown) => Object.assign(shown, { 'x-user': 'a, b', 'x-late': undefined }),
      headers,
    );
    expect(valuesOf(list, 'x-user')).toEqual(['a, b']);
    expect(valuesOf(list, 'x-late')).toEqual([]);
    expect(changed).toEqual(['x-late']);
  });

  test.each<[string, Change, string[]]>([
    ['nothing', () => {}, []],
    ['the same value', (headers) => Object.assign(headers, { 'x-user': 'admin' }), []],
    ['another value', (headers) => Object.assign(headers, { 'x-user': 'bob' }), ['x-user']],
    ['a deletion, and the same value', setAgain, ['x-user']],
  ])('is known to have touched a header by its value, or its place: %s', (_, change, expected) => {
    const req = clientRequest({ headers: came });
    change(req.headers, req);
    const { list, touched } = receivedHeaders(req);
    expect([...touched]).toEqual(expected);
    if (change === setAgain) expect(list).toEqual(came);
  });

  test('of a request that was made up is all that there is', () => {
    const { list } = receivedAfter((_, req) => Object.assign(req, { headers: { host: 'a', 'x-a': '1' } }), []);
    expect(list).toEqual(['host', 'a', 'x-a', '1']);
  });
});

describe('what cannot be sent', () => {
  test.each<[string, Change, string]>([
    ['a second line', set('x-user', 'a\r\nX-Admin: 1'), '"x-user"'],
    ['a bare line feed', set('x-user', 'a\nb'), '"x-user"'],
    ['a bare carriage return', set('x-new', 'a\rb'), '"x-new"'],
    ['a NUL', set('x-user', 'a\0b'), '"x-user"'],
    ['what is no Latin-1', set('x-user', 'Łódź'), '"x-user"'],
    ['a second line in a list', set('x-user', ['a', 'b\r\nc']), '"x-user"'],
    ['a second line in a host', set('host', 'a\r\nb'), '"host"'],
    ['a second line in a name', set('x\r\ny', 'a'), '"x\\r\\ny"'],
    ['an empty name', set('', 'a'), '""'],
    ['an object', set('user', { id: 1 }), 'a value of type object'],
    ['a function', set('user', () => {}), 'a value of type function'],
    ['a symbol', set('user', Symbol('a')), 'a value of type symbol'],
    ['a list in a list', set('user', [['a']]), 'a value of type object'],
    ['null in a list', set('user', [null]), 'a value of type null'],
    ['a Map', (_, req) => void Object.assign(req, { headers: new Map([['a', 'b']]) }), 'expected an object'],
    ['Headers', (_, req) => void Object.assign(req, { headers: new Headers({ a: 'b' }) }), 'expected an object'],
  ])('is an error that says so, and not what it was: %s', (_, change, named) => {
    expect(() => receivedAfter(change)).toThrow(
      expect.objectContaining({
        code: 'ERR_BRP_HEADERS',
        status: 500,
        message: expect.stringContaining(named),
      }),
    );
    expect(() => receivedAfter(change)).not.toThrow(/X-Admin|Łódź/);
  });

  test('is never what a client has sent', () => {
    const headers = ['X-Bytes', 'a\x01\xff', 'x y', 'b'];
    expect(receivedAfter(set('x-new', '1'), headers).list).toEqual([...headers, 'x-new', '1']);
  });
});

describe('what Node shows of headers that come twice', () => {
  const resources = leakCheckedResources();
  const names = (
    'age authorization content-type etag expires from host if-modified-since if-unmodified-since last-modified location ' +
    'max-forwards proxy-authorization referer retry-after server user-agent accept content-encoding date dnt if-match ' +
    'if-none-match if-range range tk upgrade-insecure-requests x-content-type-options x-forwarded-for via cookie set-cookie ' +
    'access-control-max-age content-language x-unknown warning'
  ).split(' ');
  const answerChanged = (req: IncomingMessage, res: { end(text: string): unknown }): void => {
    const { list, changed } = receivedHeaders(req);
    const isSame = JSON.stringify(list) === JSON.stringify(req.rawHeaders);
    res.end(JSON.stringify({ isSame, changed: [...changed], count: namesOf(list).size }));
  };

  test.each([undefined, true])('counts as untouched over HTTP/1.1 with joinDuplicateHeaders %s', async (joining) => {
    const settings = joining === undefined ? {} : { joinDuplicateHeaders: joining };
    const { url } = await resources.listen(http.createServer(settings, answerChanged));
    const lines = names.flatMap((name) => [`${name}: a`, `${name}: b`]);
    const { text } = await sendRaw(url, head('GET / HTTP/1.1', ...lines, 'Connection: close'));
    expect(text).toContain(`{"isSame":true,"changed":[],"count":${names.length + 1}}`);
  });

  test('counts as untouched over HTTP/2', async () => {
    const server = http2.createServer((req, res) => answerChanged(req as never, res as never));
    const { url } = await resources.listen(server);
    // Its client refuses to send the others twice.
    const headers = { accept: ['a', 'b'], cookie: ['a=1', 'b=2'], 'x-unknown': ['a', 'b'], via: ['1.1 a', '1.1 b'] };
    const text = await textOf(await sendHttp2(url, { headers }).answer);
    expect(JSON.parse(text)).toMatchObject({ isSame: true, changed: [] });
  });
});
