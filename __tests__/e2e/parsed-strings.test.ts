import type http from 'node:http';
import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import express, { type RequestHandler } from 'express';
import express4 from 'express4';
import type { BalancingProxyError, RequestEnded } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, startRaw, valuesIn } from '../helpers/raw.ts';

const resources = leakCheckedResources();

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const keepRawBody = (req: IncomingMessage, _res: unknown, bytes: Buffer): void => {
  Object.assign(req, { rawBody: bytes });
};

/** Either version of Express, with its parsers. */
type Parsers = Pick<typeof express, 'json' | 'text' | 'raw' | 'urlencoded'>;

const versions = [
  { name: 'Express 5', app: () => express(), parsers: express as Parsers },
  { name: 'Express 4', app: () => express4() as unknown as express.Express, parsers: express4 as unknown as Parsers },
];

interface Post {
  readonly type?: string;
  readonly body: string | Buffer;
  readonly coding?: 'gzip';
  readonly isChunked?: boolean;
}

describe.each(versions)('behind a parser of $name', ({ app, parsers }) => {
  /** What the endpoint gets of a body that a parser has read, or the error that the client gets. */
  async function post(parse: (parsers: Parsers) => RequestHandler, { type, body, coding, isChunked = false }: Post) {
    const endpoint = resources.use(await startRaw(`${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`));
    // An app may go on although a body cannot be parsed.
    const goOn = (_error: unknown, _req: unknown, _res: unknown, next: () => void) => next();
    const served = await resources.serve({ endpoints: [endpoint.url] }, (proxy) =>
      app().use(parse(parsers)).use(goOn, proxy),
    );
    const bytes = coding ? gzipSync(body) : Buffer.from(body);
    const headers: http.OutgoingHttpHeaders = {
      ...(type !== undefined && { 'Content-Type': type }),
      ...(coding && { 'Content-Encoding': coding }),
      ...(isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': bytes.length }),
    };
    await request(served.url, { method: 'POST', headers, body: isChunked ? [bytes] : bytes });
    const [got] = endpoint.requests;
    const ended = served.events.findLast((event) => event.type === 'request-ended') as RequestEnded;
    const text = got && Buffer.from(got.body, 'latin1').toString();
    return { body: text, type: got && valuesIn(got.headers, 'content-type')[0], error: ended.error };
  }
  const lax =
    (options: object = {}) =>
    (from: Parsers) =>
      from.json({ strict: false, ...options });
  const anyText =
    (options: object = {}) =>
    (from: Parsers) =>
      from.text({ type: '*/*', ...options });
  const expectRefusal = (error: BalancingProxyError | undefined) => {
    expect(error).toMatchObject({ code: 'ERR_BRP_BODY_CONSUMED', message: expect.stringContaining('`req.rawBody`') });
  };

  const values = [
    '"abc"',
    '""',
    '"é€"',
    '"{\\"role\\":\\"admin\\"}"',
    '"[1]"',
    '"123"',
    '"null"',
    '"\\"\\""',
    '" "',
    '"line\\n"',
    'null',
    'true',
    'false',
    '0',
    '-1.5',
    '[]',
    '{}',
    '{"a":null}',
  ];
  test.each(values)('the JSON value %s is the same to the endpoint', async (body) => {
    // In Express 4 `{}` is also what is left of a body that could not be read, but for one of two bytes.
    const ways = body === '{}' ? [{}] : [{}, { isChunked: true }, { coding: 'gzip' } as const];
    for (const way of ways) {
      expect(await post(lax(), { type: json, body, ...way })).toMatchObject({ body, error: undefined });
      expect(await post(lax({ verify: keepRawBody }), { type: json, body, ...way })).toMatchObject({ body });
    }
  });

  test.each([
    ['an object with a byte that is no text', Buffer.from('"{\\"a\\":\\"\xff\xff\xff\\"}"', 'latin1')],
    ['escapes', '"\\u007b\\"a\\":1}"'],
    ['a byte order mark', '\ufeff"{\\"a\\":1}"'],
    ['white space', ' "{\\"a\\":1}"\n'],
    [
      'UTF-16',
      Buffer.from('"{\\"a\\":\\"\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\\"}"', 'utf16le'),
    ],
  ])('a string that hides an object behind its length is a string to the endpoint: %s', async (name, body) => {
    const type = name === 'UTF-16' ? 'application/json; charset=utf-16le' : json;
    for (const coding of [undefined, 'gzip'] as const) {
      const got = await post(lax(), { type, body, ...(coding && { coding }) });
      expect(typeof JSON.parse(got.body ?? '0')).toBe('string');
    }
  });

  test.each([
    'application/json; charset =utf-16le',
    'application/json; charset=utf-8; charset=utf-16le',
    'application/json; charset=utf-16le; charset=utf-8',
    'application/json; x="; charset=utf-8"; charset=utf-16le',
    'application/json; charset="utf-16\\le"',
  ])('a string is no object to the endpoint, whichever charset is read there: %s', async (type) => {
    // As long in UTF-8 as its JSON is in UTF-16.
    const text = `{"role":"admin","x":"${'\u20ac'.repeat(43)}"}`;
    const body = Buffer.from(JSON.stringify(text), 'utf16le');
    expect(body).toHaveLength(Buffer.byteLength(text));
    const got = await post(lax(), { type, body });
    expect([undefined, JSON.stringify(text)]).toContain(got.body);
    if (got.body) expect(got.type).not.toContain('utf-16');
  });

  test.each(['text/plain', undefined, form])(
    'a string in JSON of type %s is never an object to the endpoint',
    async (type) => {
      for (const body of ['"{\\"role\\":\\"admin\\"}"', '"\\u007b\\"a\\":1}"', '"abc"', '""']) {
        for (const isChunked of [false, true]) {
          const sent = { body, isChunked, ...(type !== undefined && { type }) };
          const got = await post((from) => from.json({ strict: false, type: () => true }), sent);
          if (got.body === undefined) expectRefusal(got.error);
          else expect(got.body).not.toContain('{');
        }
      }
    },
  );

  test.each<[string, string, string | Buffer, string?]>([
    ['text/plain', 'text', 'héllo'],
    ['text/plain', 'JSON, for whoever reads it so', '{"a": 1}'],
    ['text/plain', 'a quoted word', '"abc"'],
    ['text/plain', 'nothing', ''],
    [json, 'JSON', '{ "a": [1, "é"] }'],
    [json, 'a string in JSON', '"abc"'],
    ['application/json; charset=utf-8', 'JSON', '{ "a": "é" }'],
    ['application/json; charset=iso-8859-1', 'JSON in Latin-1', Buffer.from('{ "a": "é" }', 'latin1'), '{ "a": "é" }'],
    [form, 'a form', 'a=1&b=2'],
  ])('a text of type %s arrives as it came: %s', async (type, _, body, expected = String(body)) => {
    const got = await post(anyText(), { type, body });
    expect([got.body, got.type]).toEqual([expected, type.replace('iso-8859-1', 'utf-8')]);
  });

  test.each([{ coding: 'gzip' }, { isChunked: true }] as const)(
    'a text of unknown length is what its type says: %j',
    async (how) => {
      expect(await post(anyText(), { type: 'text/plain', body: 'héllo', ...how })).toMatchObject({ body: 'héllo' });
      expect(await post(anyText(), { type: json, body: '{"a":1}', ...how })).toMatchObject({ body: '"{\\"a\\":1}"' });
      const kept = anyText({ verify: keepRawBody });
      expect(await post(kept, { type: json, body: '{"a":1}', ...how })).toMatchObject({ body: '{"a":1}' });
      expectRefusal((await post(anyText(), { type: 'text/plain', body: '{"a":1}', ...how })).error);
    },
  );

  test.each([{}, { coding: 'gzip' }, { isChunked: true }] as const)('bytes arrive as they came: %j', async (how) => {
    const got = await post((from) => from.raw({ type: '*/*' }), { type: json, body: '"{\\"a\\":1}"', ...how });
    expect(got.body).toBe('"{\\"a\\":1}"');
  });

  test.each<[string, (from: Parsers) => RequestHandler, Post]>([
    ['is broken', (from) => from.json(), { type: json, body: '{"a":' }],
    ['is broken, in chunks', (from) => from.json(), { type: json, body: '{"a":', isChunked: true }],
    ['is no object', (from) => from.json(), { type: json, body: '"text"' }],
    ['is over the limit', (from) => from.json({ limit: 3 }), { type: json, body: '{"a":1}' }],
    ['is too long in chunks', (from) => from.json({ limit: 3 }), { type: json, body: '{"a":1}', isChunked: true }],
    [
      'has too many fields',
      (from) => from.urlencoded({ extended: true, parameterLimit: 1 }),
      { type: form, body: 'a=1&b=2' },
    ],
    [
      'does not pass',
      (from) =>
        from.json({
          verify: () => {
            throw new Error('no');
          },
        }),
      { type: json, body: '[1]' },
    ],
    ['has a number without end', (from) => from.json({ strict: false }), { type: json, body: '1e999' }],
    ['has a number without end within', (from) => from.json(), { type: json, body: '{"a":[null,1e999]}' }],
  ])('a body that %s is an error that names the fix, and no other body is sent', async (_, parse, sent) => {
    const got = await post(parse, sent);
    expect(got.body).toBeUndefined();
    expectRefusal(got.error);
  });

  test.each<[string, (from: Parsers) => RequestHandler, Post]>([
    ['another type', (from) => from.json(), { type: 'text/plain', body: '{"a":' }],
    [
      'a charset that it does not read',
      (from) => from.json(),
      { type: 'application/json; charset=latin1', body: '{}' },
    ],
  ])('a body that the parser has not begun to read arrives as it came: %s', async (_, parse, sent) => {
    expect(await post(parse, sent)).toMatchObject({ body: sent.body, error: undefined });
  });

  test('an empty object arrives', async () => {
    expect(await post((from) => from.json(), { type: json, body: '{}' })).toMatchObject({ body: '{}' });
    const kept = await post((from) => from.json({ verify: keepRawBody }), { type: json, body: '{ }', isChunked: true });
    expect(kept.body).toBe('{ }');
  });
});
