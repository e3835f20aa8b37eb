import type http from 'node:http';
import fc from 'fast-check';
import { Resources } from '../helpers/proxy.ts';
import { sendRaw, startRaw } from '../helpers/raw.ts';
import { bounded, characters, seedTitle } from './seed.ts';
import { startStrict } from './strict-endpoint.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

type Field = readonly [name: string, value: string];

/** Names that have a meaning for one connection or that we say anew; other tests are about those. */
const notEndToEnd = new Set(
  (
    'connection content-length date expect forwarded host keep-alive proxy-authenticate proxy-authentication-info ' +
    'proxy-authorization proxy-connection te trailer transfer-encoding upgrade via x-forwarded-for x-forwarded-host ' +
    'x-forwarded-port x-forwarded-proto'
  ).split(' '),
);
const isEndToEnd = (name: string) => !notEndToEnd.has(name.toLowerCase());

const common = fc.constantFrom(
  ...['Accept', 'accept-encoding', 'ACCEPT-LANGUAGE', 'Authorization', 'Cache-Control', 'Content-Disposition', 'ETag'],
  ...['Content-Encoding', 'Content-Type', 'If-None-Match', 'Location', 'Range', 'Set-Cookie', 'User-Agent', 'Vary'],
  ...['X-A', 'x-a', 'X-B', '__proto__', 'constructor', 'toString', 'Content_Length', 'Set-Cookie2', '0', '!#$%'],
);
const tokenCharacter = fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz");
const name = fc
  .oneof(common, fc.string({ unit: tokenCharacter, minLength: 1, maxLength: 12 }))
  .filter((each) => isEndToEnd(each) && each.toLowerCase() !== 'cookie');
/** node:http keeps the headers of a response in an object, where whole numbers come first. */
const isNumber = (text: string) => /^\d+$/.test(text);
const value = fc
  .string({
    unit: characters(
      { from: 0x20, to: 0x7e, weight: 8 },
      { from: 0x80, to: 0xff, weight: 3 },
      { from: 0x09, to: 0x09, weight: 1 },
    ),
    maxLength: 40,
  })
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const fields = fc.array(fc.tuple(name, value), { maxLength: 20 });

const responseFields = fields.map((list) => list.filter(([each]) => !isNumber(each)));

const linesOf = (list: readonly Field[]) => list.map((field) => `${field.join(': ')}\r\n`).join('');

describe(`the headers of a request (${seedTitle})`, () => {
  test('arrive with their case, order, repeats and bytes', async () => {
    const endpoint = resources.use(await startStrict());
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const property = fc.asyncProperty(fields, async (sent) => {
      await sendRaw(url, `GET / HTTP/1.1\r\nHost: x\r\n${linesOf(sent)}Connection: close\r\n\r\n`);
      const [received, ...more] = endpoint.requests.splice(0).map(({ headers }) => fieldsOf(headers));
      expect(received?.filter(([each]) => isEndToEnd(each))).toEqual(sent);
      expect([more, endpoint.faults]).toEqual([[], []]);
    });
    await fc.assert(property, bounded(500));
  });
});

/** What a middleware does to one header: takes away the one in this place of those that came, or sets one. */
const changes = fc.array(fc.oneof(fc.nat(20), fc.tuple(fc.oneof(name, fc.nat(20)), value)), { maxLength: 4 });
type Changes = ReadonlyArray<number | [string | number, string]>;

describe(`the headers of a request that middleware has changed (${seedTitle})`, () => {
  test('arrive as changed, and all others with their case, order, repeats and bytes', async () => {
    const endpoint = resources.use(await startStrict());
    let todo: Changes = [];
    let wanted: ReadonlyMap<string, string> = new Map();
    const frame = (proxy: http.RequestListener): http.RequestListener => {
      return (req, res) => {
        wanted = makeChanges(req, todo);
        proxy(req, res);
      };
    };
    const { url } = await resources.serve({ endpoints: [endpoint.url] }, frame);
    const property = fc.asyncProperty(fields, changes, async (sent, made) => {
      todo = made;
      await sendRaw(url, `GET / HTTP/1.1\r\nHost: x\r\n${linesOf(sent)}Connection: close\r\n\r\n`);
      const [received = []] = endpoint.requests.splice(0).map(({ headers }) => fieldsOf(headers));
      const isUntouched = ([each]: Field) => isEndToEnd(each) && !wanted.has(each.toLowerCase());
      expect(received.filter(isUntouched)).toEqual(sent.filter(isUntouched));
      const touched = received.filter((field) => isEndToEnd(field[0]) && !isUntouched(field));
      const set = [...wanted].filter(([, text]) => text !== '').map(([lower, text]) => `${lower}: ${text}`);
      const got = touched.filter(([, text]) => text !== '').map(([each, text]) => `${each.toLowerCase()}: ${text}`);
      expect(got.sort()).toEqual(set.sort());
      expect(endpoint.faults).toEqual([]);
    });
    await fc.assert(property, bounded(300));
  });
});

/** @returns what every header that was touched is now; '' for one that was taken away. */
function makeChanges({ headers, rawHeaders }: http.IncomingMessage, todo: Changes): ReadonlyMap<string, string> {
  const touched = new Map<string, string>();
  const nameAt = (place: number) => rawHeaders[2 * place]?.toLowerCase() ?? '';
  for (const change of todo) {
    const [which, text] = typeof change === 'number' ? [change, ''] : change;
    const lower = typeof which === 'number' ? nameAt(which) : which.toLowerCase();
    if (lower === '' || lower === '__proto__' || !isEndToEnd(lower)) continue;
    if (text === '') delete headers[lower];
    else headers[lower] = text;
    touched.set(lower, text);
  }
  return touched;
}

describe(`the headers of a response (${seedTitle})`, () => {
  test.each([
    ['with a length', 'Content-Length: 2\r\n\r\nok'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['without a body', 'Content-Length: 0\r\n\r\n'],
  ])('arrive with their case, repeats and bytes, in the order of their names: %s', async (_, rest) => {
    let answer = '';
    const endpoint = resources.use(await startRaw((socket) => void socket.write(answer, 'latin1')));
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const property = fc.asyncProperty(responseFields, async (sent) => {
      answer = `HTTP/1.1 200 OK\r\n${linesOf(sent)}${rest}`;
      const { text } = await sendRaw(url, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      const [statusLine, ...lines] = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
      expect(statusLine).toBe('HTTP/1.1 200 OK');
      expect(lines.filter((line) => isEndToEnd(line.slice(0, line.indexOf(':'))))).toEqual(grouped(sent));
    });
    await fc.assert(property, bounded(300));
  });
});

function fieldsOf(list: readonly string[]): Field[] {
  return Array.from({ length: list.length / 2 }, (_, index) => [list[index * 2] ?? '', list[index * 2 + 1] ?? '']);
}

/** As node:http writes repeated headers: where and as the name came first. */
function grouped(list: readonly Field[]): string[] {
  const byName = Map.groupBy(list, ([each]) => each.toLowerCase());
  return [...byName.values()].flatMap((same) => same.map(([, text]) => `${same[0]?.[0]}: ${text}`));
}
