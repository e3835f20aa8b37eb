import fc from 'fast-check';
import { isOverUndici } from '../helpers/transport-under-test.ts';
import { framedBody, headers, pieces, run, value, worstValues } from './pauses/shapes.ts';
import { type Frame, World } from './pauses/world.ts';
import { bounded, sampleOf, seedTitle } from './seed.ts';

/** Whatever an endpoint or a client sends, the event loop goes on: nothing that is looked at takes more than linear time. */

const world = new World(isOverUndici ? 'undici' : 'got');
afterAll(() => world.close());

const frames: readonly Frame[] = ['bare', 'looking', 'parsing'];
const frame = fc.constantFrom(...frames);

/** Headers that say how long a message is; most of what can be written there makes it none. */
const framing = ['Transfer-Encoding', 'Content-Length'];

/** Headers of a response that we or what we are built on look into. */
const responseNames = (
  'Link Retry-After Connection Keep-Alive Content-Type Via Set-Cookie Upgrade Trailer Location ETag Vary Date ' +
  'Content-Encoding Content-Disposition Cache-Control X-Accel-Buffering X-A'
).split(' ');

/** The same of a request; the last ones name an endpoint to the proxy that looks at everything. */
const requestNames = (
  'Via Connection Keep-Alive Upgrade X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port Forwarded Accept ' +
  'Accept-Encoding Content-Type Content-Encoding Cookie Expect TE Range Authorization Idempotency-Key If-None-Match ' +
  'Max-Forwards traceparent Origin Sec-WebSocket-Key X-A X-Endpoint X-Wrong-Endpoint'
).split(' ');

const plainRequest = 'GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What may stand in a target. */
const withoutBlanks = (text: string) => text.replace(/[\s\x80-\xff]/g, '_');

describe('a header of 60 KB', () => {
  test.each([...responseNames, ...framing])(
    'of a response, %s, holds up nobody, whatever it is made of',
    async (name) => {
      for (const text of sampleOf(worstValues(name, 60_000))) {
        const early = `HTTP/1.1 103 Early Hints\r\n${name}: ${text}\r\n\r\n`;
        const final = `HTTP/1.1 ${name === 'Retry-After' ? 503 : 200} X\r\n${name}: ${text}\r\nX: y\r\n\r\nbody`;
        await world.try({ frame: 'looking', request: plainRequest, answer: name === 'Link' ? early + final : final });
      }
    },
    120_000,
  );

  test.each([...requestNames, ...framing])(
    'of a request, %s, holds up nobody, whatever it is made of',
    async (name) => {
      for (const [index, text] of sampleOf(worstValues(name, 60_000)).entries()) {
        const method = index % 2 === 0 ? 'GET' : 'POST';
        const request = `${method} /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n${name}: ${text}\r\nConnection: close\r\n\r\n{}`;
        const where = name.endsWith('-Endpoint') ? 'looking' : frames[index % 3];
        await world.try({ frame: where ?? 'bare', request, answer: plainAnswer });
      }
    },
    120_000,
  );

  test.each(['/', '', '*', '/?', 'http://', 'http://x/', '//', '/endpoints/', '/#'])(
    'is no more than a target that begins with %j',
    async (start) => {
      for (const [index, piece] of sampleOf(pieces).entries()) {
        const target = run(withoutBlanks(piece), { length: 60_000, before: start });
        const request = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
        await world.try({ frame: index % 2 === 0 ? 'bare' : 'looking', request, answer: plainAnswer });
      }
    },
    120_000,
  );
});

/** Mostly what is good, so that not all is turned down at its first line. */
const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) => fc.oneof({ weight: 9, arbitrary: good }, bad);
const headersOf = (names: readonly string[]) => mostly(headers(names), headers([...names, ...framing]));

describe(`any response (${seedTitle})`, () => {
  const hints = headers(['Link']).map((lines) => `HTTP/1.1 103 X\r\n${lines}\r\n`);
  const interim = fc
    .tuple(fc.integer({ min: 100, max: 199 }), headersOf(responseNames))
    .map(([status, lines]) => `HTTP/1.1 ${status} X\r\n${lines}\r\n`);
  const version = mostly(fc.constantFrom('HTTP/1.1', 'HTTP/1.0'), fc.constantFrom('HTTP/2', 'http/1.1', 'ICY'));
  const status = mostly(
    fc.constantFrom('200', '204', '206', '301', '304', '404', '429', '500', '503'),
    fc.integer({ min: -1, max: 1_200 }).map(String),
  );
  const reason = fc.oneof(fc.constantFrom('OK', ''), value);
  const answer = fc
    .tuple(
      mostly(fc.oneof(fc.constant(''), hints), interim),
      fc.tuple(version, status, reason).map((parts) => parts.join(' ')),
      fc.constantFrom('', '', 'Content-Type: text/event-stream\r\n'),
      headersOf(responseNames),
      framedBody,
    )
    .map(([before, line, type, lines, body]) => `${before}${line}\r\n${type}${lines}${body}`);
  const upgrade = 'GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const request = fc.constantFrom(plainRequest, plainRequest.replace('GET', 'HEAD'), upgrade);

  test('holds up nobody', async () => {
    const property = fc.asyncProperty(frame, request, answer, async (where, asked, bytes) => {
      await world.try({ frame: where, request: asked, answer: bytes });
    });
    await fc.assert(property, bounded(400));
  });
});

describe(`any request (${seedTitle})`, () => {
  const method = mostly(
    fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS', 'HEAD', 'QUERY'),
    fc.constantFrom('CONNECT', 'x'),
  );
  const start = fc.constantFrom('/', '/', '/?', '//', 'http://x/', '*', 'http://', '', 'HTTP+x://a@');
  const target = fc.tuple(start, mostly(value.map(withoutBlanks), value)).map((parts) => parts.join(''));
  const version = mostly(fc.constant('HTTP/1.1'), fc.constant('HTTP/1.0'));
  const host = mostly(fc.constant('x'), value);
  const line = fc.tuple(method, target, version).map((parts) => parts.join(' '));
  const names = requestNames.filter((name) => name !== 'Expect' && !name.endsWith('-Endpoint'));
  const bytes = fc
    .tuple(line, host, mostly(headers(names), headersOf(requestNames)), framedBody)
    .map(([first, name, lines, body]) => `${first}\r\nHost: ${name}\r\n${lines}${body}`);
  const switched = 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';

  test('holds up nobody', async () => {
    const answer = fc.constantFrom(plainAnswer, switched);
    const property = fc.asyncProperty(frame, bytes, answer, async (where, request, answered) => {
      await world.try({ frame: where, request, answer: answered });
    });
    await fc.assert(property, bounded(400));
  });
});
