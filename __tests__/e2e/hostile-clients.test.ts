import { sendRaw } from '../helpers/raw.ts';
import { chunked, expectOrdinary, get, last, post, serveStrict, settings, statusesIn } from './strict-server.ts';

/** A request that must never come out of the body of another one. */
const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';

const inChunk = (bytes: string) => `${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n`;

describe.each(settings)('when bodies are %s, a request that could be read in two ways', (_, options) => {
  test.each<[string, string]>([
    ['a length before chunks', `${post}Content-Length: 6\r\n${chunked}\r\n0\r\n\r\n${hidden}`],
    ['chunks before a length', `${post}${chunked}Content-Length: 4\r\n\r\n0\r\n\r\n${hidden}`],
    ['two lengths', `${post}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
    ['the same length twice', `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`],
    ['a list of lengths', `${post}Content-Length: 2, 2\r\n\r\nok`],
    ['a negative length', `${post}Content-Length: -1\r\n\r\n${hidden}`],
    ['a length with a sign', `${post}Content-Length: +2\r\n\r\nok`],
    ['a length in hexadecimal', `${post}Content-Length: 0x2\r\n\r\nok`],
    ['a length of two numbers', `${post}Content-Length: 2 2\r\n\r\nok`],
    ['an empty length', `${post}Content-Length: \r\n\r\n${hidden}`],
    ['an absurd length', `${post}Content-Length: 99999999999999999999999\r\n\r\n${hidden}`],
    ['a folded length', `${post}Content-Length: 0\r\n 5\r\n\r\n${hidden}`],
    ['a coding that nobody knows', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a quoted coding', `${post}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${hidden}`],
    ['a coding behind a vertical tab', `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a coding above the chunks', `${post}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n${hidden}`],
    ['chunks in chunks', `${post}${chunked}${chunked}\r\n0\r\n\r\n${hidden}`],
    ['chunks and another coding', `${post}${chunked}Transfer-Encoding: x\r\n\r\n0\r\n\r\n${hidden}`],
    ['folded chunks', `${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a space before the colon of the framing', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a chunk size that is none', `${post}${chunked}\r\nzz\r\n${hidden}`],
    ['a negative chunk size', `${post}${chunked}\r\n-1\r\n${hidden}`],
    ['a chunk size with 0x', `${post}${chunked}\r\n0x2\r\nok\r\n0\r\n\r\n${hidden}`],
    ['an absurd chunk size', `${post}${chunked}\r\nFFFFFFFFFFFFFFFFFF\r\n${hidden}`],
    ['a space behind the chunk size', `${post}${chunked}\r\n2 \r\nok\r\n0\r\n\r\n${hidden}`],
    ['a chunk without its end', `${post}${chunked}\r\n2\r\nokXX0\r\n\r\n${hidden}`],
    ['chunks that end their lines with LF', `${post}${chunked}\r\n2\nok\n0\n\n${hidden}`],
    ['a chunk extension with LF', `${post}${chunked}\r\n2;\nxx\r\n${hidden.length.toString(16)}\r\n0\r\n\r\n${hidden}`],
    ['a chunk extension with CRLF', `${post}${chunked}\r\n2;a="\r\n"\r\nok\r\n0\r\n\r\n${hidden}`],
    ['a length among the trailers', `${post}${chunked}\r\n2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n${hidden}`],
    ['a folded header', `${get}X: a\r\n b\r\n\r\n`],
    ['a folded first header', 'GET /g HTTP/1.1\r\n Host: x\r\n\r\n'],
    ['LF for CRLF', 'GET /g HTTP/1.1\nHost: x\n\n'],
    ['LF within the head', `${get}X: a\n${chunked}\r\n0\r\n\r\n${hidden}`],
    ['CR without LF', `${get}X: a\r${chunked}\r\n0\r\n\r\n${hidden}`],
    ['CR before CRLF', `${get}X: a\r\r\n\r\n`],
    ['NUL in a header', `${get}X: a\0b\r\n\r\n`],
    ['NUL in the name of a header', `${get}X\0: a\r\n\r\n`],
    ['a control character in a header', `${get}X: a\x01\r\n\r\n`],
    ['a space before the colon', `${get}X : a\r\n\r\n`],
    ['a space before a header', `${get} X: a\r\n\r\n`],
    ['a header without a colon', `${get}X\r\n\r\n`],
    ['a header without a name', `${get}: x\r\n\r\n`],
    ['a header name in Latin-1', `${get}X\xfc: a\r\n\r\n`],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a tab in the target', 'GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no target', 'GET HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a target without a slash', 'GET evil HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a method in lower case', 'get / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS handshake', '\x16\x03\x01\x02\0\x01\0'],
  ])('(%s) is refused and reaches no endpoint, and the next one is served', async (name, bytes) => {
    const strict = await serveStrict(options);
    const { text } = await sendRaw(strict.url, bytes + last);
    expect(statusesIn(text)).toEqual([400]);
    // Node 22 closes the connection behind the refusal, but hands on what came behind the request.
    const mayGoOn = name === 'no Host' && process.versions.node.startsWith('22.');
    const others = strict.endpoint.requests.filter(({ target }) => !(mayGoOn && target === '/last'));
    expect(others).toEqual([]);
    await expectOrdinary(strict);
  });

  test.each<[string, string, { target: string; body: string }]>([
    ['a request in a body', `${get}Content-Length: ${hidden.length}\r\n\r\n${hidden}`, { target: '/g', body: hidden }],
    ['a request in a chunk', `${post}${chunked}\r\n${inChunk(hidden)}`, { target: '/p', body: hidden }],
    [
      'a length named in Connection',
      `${post}Connection: Content-Length\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      { target: '/p', body: hidden },
    ],
    [
      'chunks named in Connection',
      `${post}Connection: Transfer-Encoding, Host, Via\r\n${chunked}\r\n${inChunk(hidden)}`,
      { target: '/p', body: hidden },
    ],
    ['a length with zeroes', `${post}Content-Length: 0002\r\n\r\nok`, { target: '/p', body: 'ok' }],
    ['a length behind tabs', `${post}Content-Length:\t2\t\r\n\r\nok`, { target: '/p', body: 'ok' }],
    ['chunks behind a tab', `${post}Transfer-Encoding:\tchunked\r\n\r\n${inChunk('ok')}`, { target: '/p', body: 'ok' }],
    ['chunks in capitals', `${post}TRANSFER-ENCODING: CHUNKED\r\n\r\n${inChunk('ok')}`, { target: '/p', body: 'ok' }],
    ['chunk extensions', `${post}${chunked}\r\n2;a=b;c="d"\r\nok\r\n0;e\r\n\r\n`, { target: '/p', body: 'ok' }],
    ['trailers', `${post}${chunked}\r\n2\r\nok\r\n0\r\nX-Trailer: y\r\n\r\n`, { target: '/p', body: 'ok' }],
    ['a header that looks like a length', `${post}Content_Length: 30\r\n\r\n`, { target: '/p', body: '' }],
    ['two Hosts', 'GET /g HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', { target: '/g', body: '' }],
    ['a Host that is none', 'GET /g HTTP/1.1\r\nHost: a b/c@d\r\n\r\n', { target: '/g', body: '' }],
    ['an origin in the target', 'GET http://evil/g HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/g', body: '' }],
    ['bytes above 127 in a header', `${get}X: \xfc\xff\x80\r\n\r\n`, { target: '/g', body: '' }],
  ])('(%s) arrives as the one that node:http took it for', async (_, bytes, expected) => {
    const strict = await serveStrict(options);
    const { text } = await sendRaw(strict.url, bytes + last);
    expect(statusesIn(text)).toEqual([200, 200]);
    const received = strict.endpoint.requests.map(({ target, body }) => ({ target, body }));
    expect(received).toEqual(expect.arrayContaining([expected, { target: '/last', body: '' }]));
    expect(received).toHaveLength(2);
    await expectOrdinary(strict);
  });

  test.each(['gzip, chunked', 'x, chunked', 'identity, chunked', 'chunked, chunked'])(
    'is answered with 501 or refused when its coding is %s, because a proxy would lose it',
    async (coding) => {
      const strict = await serveStrict(options);
      const { text } = await sendRaw(strict.url, `${post}Transfer-Encoding: ${coding}\r\n\r\n${inChunk('ok')}${last}`);
      expect([400, 501]).toContain(statusesIn(text)[0]);
      expect(strict.endpoint.requests.filter(({ target }) => target === '/p')).toEqual([]);
      await expectOrdinary(strict);
    },
  );

  test('behind 1,500 headers hides no request', async () => {
    const strict = await serveStrict(options);
    const bytes = `${post}${'a:\r\n'.repeat(1_500)}Content-Length: ${hidden.length}\r\n\r\n${hidden}`;
    await sendRaw(strict.url, bytes + last);
    expect(strict.endpoint.requests.map(({ target }) => target)).not.toContain('/hidden');
    await expectOrdinary(strict);
  });
});
