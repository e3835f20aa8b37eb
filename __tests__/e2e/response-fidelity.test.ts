import { gzipSync } from 'node:zlib';
import { request } from '../helpers/proxy.ts';
import { head, type RawListener, sendRaw, startRaw } from '../helpers/raw.ts';
import { isOverUndici, onlyOverGot } from '../helpers/transport-under-test.ts';
import { answered, closing, date, get, ok, oldGet, resources } from './answered.ts';

describe('a response', () => {
  const headers = [
    date,
    'x-lOwEr: 1',
    'SET-Cookie: a=1; Path=/',
    'SET-Cookie: b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'X-Repeat: a',
    'X-Repeat: b',
    'X-Empty: ',
    'Location: /caf\xc3\xa9',
    'Content-Disposition: attachment; filename="\xe9\xc3\xa9.txt"',
    'X-Bytes: \xe9\xff',
    'WWW-Authenticate: Basic realm="a", Digest realm="b"',
    'Proxy-Status: cache; hit',
  ];
  const long = 'x'.repeat(70_000);

  test.each([
    ['small', 'Content-Length: 4', 'body'],
    ['of no bytes', 'Content-Length: 0', ''],
    ['large', 'Content-Length: 70000', long],
  ])('that is %s arrives byte for byte', async (_, length, body) => {
    const bytes = head(isOverUndici ? 'HTTP/1.1 299 Fine' : 'HTTP/1.1 299 Fine \xfcber all', ...headers, length) + body;
    const { text } = await answered(bytes);
    expect(text).toBe(bytes.replace(`${length}\r\n`, `${length}\r\nConnection: close\r\n`));
  });

  test.each([
    ['Transfer-Encoding: chunked', '4\r\nbody\r\n0\r\n\r\n'],
    ['Content-Length: 70000', long],
  ])('whose head comes long before its body arrives byte for byte: %s', async (framing, body) => {
    const headCame = Promise.withResolvers<void>();
    const start = head('HTTP/1.1 200 OK', ...headers, framing);
    const endpoint = resources.use(
      await startRaw((socket) => {
        socket.write(start, 'latin1');
        headCame.promise.then(() => socket.write(body, 'latin1'));
      }),
    );
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const { text } = await sendRaw(url, get, (soFar) => soFar.includes('\r\n\r\n') && headCame.resolve());
    const [received, ...lines] = text.split('\r\n\r\n');
    expect(received?.split('\r\n').sort()).toEqual([...start.trim().split('\r\n'), 'Connection: close'].sort());
    expect(lines.join('\r\n\r\n')).toBe(body);
  });

  test('keeps all values of a header that is repeated here and there', async () => {
    const { text } = await answered(`${head('HTTP/1.1 200 OK', 'X-A: 1', 'X-B: 2', 'x-a: 3', 'Content-Length: 2')}ok`);
    expect(text).toContain('X-A: 1\r\nX-A: 3\r\nX-B: 2\r\n');
  });

  test.each([
    ['HTTP/1.1 200 ', 'HTTP/1.1 200 '],
    ['HTTP/1.1 200', 'HTTP/1.1 200 '],
    ['HTTP/1.1 404 Nothing Here', 'HTTP/1.1 404 Nothing Here'],
    ['HTTP/1.1 599 Own', 'HTTP/1.1 599 Own'],
    ['HTTP/1.0 200 Old', 'HTTP/1.1 200 Old'],
    ['HTTP/1.1 999 Out Of Range', 'HTTP/1.1 999 Out Of Range'],
    ['HTTP/1.1 200 Tab\there', 'HTTP/1.1 200 Tab\there'],
    ['HTTP/1.1 200 O\x01K', 'HTTP/1.1 200 OK'],
  ])('with the status line %j arrives with %j', async (line, expected) => {
    const { text } = await answered(`${head(line, 'Content-Length: 2')}ok`);
    expect(text.split('\r\n')[0]).toBe(expected);
    expect(text).toMatch(/\r\n\r\nok$/);
  });

  test('that is compressed is left as it is', async () => {
    const body = gzipSync('text').toString('latin1');
    const { text } = await answered(
      head('HTTP/1.1 200 OK', date, 'Content-Encoding: gzip', `Content-Length: ${body.length}`) + body,
    );
    expect(text).toContain('Content-Encoding: gzip\r\n');
    expect(text.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });

  test.each([301, 302, 303, 307, 308])('that redirects with %i is passed on, not followed', async (status) => {
    const { text, endpoint } = await answered(head(`HTTP/1.1 ${status} Go`, 'Location: /there', 'Content-Length: 0'));
    expect(text).toMatch(`HTTP/1.1 ${status} Go\r\nLocation: /there\r\n`);
    expect(endpoint.requests).toHaveLength(1);
  });

  test('that sets a cookie sets it at the client and nowhere else', async () => {
    const endpoint = resources.use(await startRaw(head('HTTP/1.1 200 OK', 'Set-Cookie: a=1', 'Content-Length: 0')));
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    expect((await request(url)).headers['set-cookie']).toEqual(['a=1']);
    await request(url);
    expect(endpoint.requests[1]?.headers.join()).not.toMatch(/cookie/i);
  });

  test('loses the headers that concern one connection, and those that `Connection` names', async () => {
    const { text } = await answered(
      `${head(
        'HTTP/1.1 200 OK',
        date,
        'Connection: keep-alive, X-One',
        'connection: x-two',
        'X-One: 1',
        'X-Two: 2',
        'Keep-Alive: timeout=99',
        'Proxy-Authenticate: Basic',
        'Proxy-Authentication-Info: x',
        'Proxy-Connection: keep-alive',
        'TE: trailers',
        'Upgrade: h2c',
        'X-Kept: 1',
        'Content-Length: 2',
      )}ok`,
    );
    expect(text).toBe(`${head('HTTP/1.1 200 OK', date, 'X-Kept: 1', 'Content-Length: 2', 'Connection: close')}ok`);
  });
});

describe('a response without a body', () => {
  const headGet = get.replace('GET', 'HEAD');

  test.each<[string, string, string[]]>([
    ['HEAD with a length', headGet, ['HTTP/1.1 200 OK', date, 'Content-Length: 1234']],
    ['HEAD with a large length', headGet, ['HTTP/1.1 200 OK', date, 'Content-Length: 123456789']],
    ['HEAD without a length', headGet, ['HTTP/1.1 200 OK', date]],
    ['HEAD with an encoding', headGet, ['HTTP/1.1 200 OK', date, 'Content-Encoding: gzip', 'Content-Length: 9']],
    ['204', get, ['HTTP/1.1 204 No Content', date, 'X-Kept: 1']],
    ['304 with a length', get, ['HTTP/1.1 304 Not Modified', date, 'ETag: "1"', 'Content-Length: 1234']],
    ['304 with an encoding', get, ['HTTP/1.1 304 Not Modified', date, 'Content-Encoding: gzip', 'Vary: Accept']],
  ])('arrives as it is: %s', async (_, sent, lines) => {
    expect((await answered(head(...lines), { sent })).text).toBe(head(...lines, 'Connection: close'));
  });

  test.each([
    ['HEAD', headGet, 'HTTP/1.1 200 OK'],
    ['304', get, 'HTTP/1.1 304 Not Modified'],
  ])('loses the chunked framing that it announces: %s', async (_, sent, line) => {
    const { text } = await answered(head(line, date, 'Transfer-Encoding: chunked', 'Trailer: X-T'), { sent });
    expect(text).toBe(head(line, date, 'Connection: close'));
  });

  test('leaves the connection to the client open for the next request', async () => {
    const lines = ['HTTP/1.1 304 Not Modified', date, 'Content-Length: 1234'];
    const { text } = await answered(head(...lines), { sent: head('GET / HTTP/1.1', 'Host: h') + get });
    expect(text.match(/HTTP\/1.1 304 Not Modified\r\n/g)).toHaveLength(2);
  });
});

describe('a body without a length', () => {
  const options = { holdMs: 0 };
  const chunked = head('HTTP/1.1 200 OK', date, 'Transfer-Encoding: chunked');

  test('that is chunked is framed anew, whatever the chunks looked like', async () => {
    const { text } = await answered(`${chunked}0002;ext="x"\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n`, { options });
    const [start, ...rest] = text.split('\r\n\r\n');
    expect(start).toBe(['HTTP/1.1 200 OK', date, 'Connection: close', 'Transfer-Encoding: chunked'].join('\r\n'));
    expect(rest.join('\r\n\r\n')).toMatch(/^(4\r\nbody|2\r\nbo\r\n2\r\ndy)\r\n0\r\n\r\n$/);
  });

  test.each(['HTTP/1.0 200 OK', 'HTTP/1.1 200 OK'])('that ends with the connection arrives whole: %s', async (line) => {
    const { text } = await answered(closing(`${head(line, date)}body`), { options });
    expect(text).toMatch(/Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/);
  });

  test.each<[string, RawListener]>([
    ['is chunked', (socket) => void socket.write(`${chunked}4\r\nbody\r\n0\r\n\r\n`)],
    ['is chunked with trailers', (socket) => void socket.write(`${chunked}4\r\nbody\r\n0\r\nX-T: t\r\n\r\n`)],
    [
      'announces trailers',
      (socket) =>
        void socket.write(
          `${head('HTTP/1.1 200 OK', date, 'Trailer: X-T', 'Transfer-Encoding: chunked')}4\r\nbody\r\n0\r\nX-T: t\r\n\r\n`,
        ),
    ],
    ['ends with the connection', closing(`${head('HTTP/1.0 200 OK', date)}body`)],
  ])('ends with the connection for a client of HTTP/1.0 when it %s', async (_, answer) => {
    const { text, isReset } = await answered(answer, { sent: oldGet, options });
    expect(text).toBe(`${head('HTTP/1.1 200 OK', date, 'Connection: close')}body`);
    expect(isReset).toBe(false);
  });

  test.each<[string, string | RawListener, string]>([
    ['is chunked', `${chunked}2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n`, get],
    ['ends with the connection of HTTP/1.0', closing(`${head('HTTP/1.0 200 OK', date)}body`), get],
    ['ends with the connection of HTTP/1.1', closing(`${head('HTTP/1.1 200 OK', date)}body`), get],
    [
      'announces trailers that do not come',
      `${head('HTTP/1.1 200 OK', date, 'Trailer: X-T', 'Transfer-Encoding: chunked')}4\r\nbody\r\n0\r\n\r\n`,
      get,
    ],
    ['is chunked, to a client of HTTP/1.0', `${chunked}4\r\nbody\r\n0\r\n\r\n`, oldGet],
    ['has trailers, to a client of HTTP/1.0', `${chunked}4\r\nbody\r\n0\r\nX-T: t\r\n\r\n`, oldGet],
  ])('gets one when it was held whole: %s', async (_, answer, sent) => {
    const { text, isReset } = await answered(answer, { sent });
    expect(text).toBe(`${head('HTTP/1.1 200 OK', date, 'Content-Length: 4', 'Connection: close')}body`);
    expect(isReset).toBe(false);
  });

  test('gets none when it was held whole and has trailers', async () => {
    const { text } = await answered(`${chunked}4\r\nbody\r\n0\r\nX-T: t\r\n\r\n`);
    expect(text).toMatch(/Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-T: t\r\n\r\n$/);
    expect(text).not.toMatch(/content-length/i);
  });

  test('goes on to the client with its trailers', async () => {
    const { text } = await answered(
      `${head('HTTP/1.1 200 OK', date, 'Trailer: X-T', 'Transfer-Encoding: chunked')}4\r\nbody\r\n0\r\nX-t: 1\r\nX-Byte: \xe9\r\nX-t: 2\r\n\r\n`,
    );
    expect(text).toContain('Trailer: X-T\r\n');
    expect(text).toMatch(/4\r\nbody\r\n0\r\nX-t: 1\r\nX-Byte: \xe9\r\nX-t: 2\r\n\r\n$/);
  });

  test('loses trailers that concern one connection', async () => {
    const { text } = await answered(`${chunked}4\r\nbody\r\n0\r\nConnection: x-a\r\nX-A: 1\r\nX-B: 2\r\n\r\n`);
    expect(text).toMatch(/4\r\nbody\r\n0\r\nX-B: 2\r\n\r\n$/);
  });

  test.each(['Content-Length: 2', 'Content-Length: 70000'])(
    'is the only one to announce trailers: not beside %s',
    async (length) => {
      const body = 'x'.repeat(Number(length.slice(16)));
      const { text } = await answered(head('HTTP/1.1 200 OK', date, 'Trailer: X-T', length) + body);
      expect(text).toBe(head('HTTP/1.1 200 OK', date, length, 'Connection: close') + body);
    },
  );
});

describe('interim responses', () => {
  const hints = (...links: string[]) => head('HTTP/1.1 103 Early Hints', ...links.map((link) => `Link: ${link}`));
  const final = `${ok}ok`;
  const received = `${head('HTTP/1.1 200 OK', date, 'Content-Length: 2', 'Connection: close')}ok`;

  test.each([
    ['one link', hints('</a.css>; rel=preload; as=style'), hints('</a.css>; rel=preload; as=style')],
    ['two links', hints('</a>; rel=preload', '</b>; rel=preload'), hints('</a>; rel=preload, </b>; rel=preload')],
    ['two links in one', hints('</a>; rel=preload, </b>;rel=preload'), hints('</a>; rel=preload, </b>;rel=preload')],
    ['two hints', hints('</a>') + hints('</b>'), hints('</a>') + hints('</b>')],
    ['a link that is none', hints('a b'), ''],
    ['no link', head('HTTP/1.1 103 Early Hints', 'X-A: 1'), ''],
  ])('103 with %s is passed on', async (_, interim, expected) => {
    const { text } = await answered(interim + final);
    expect(text).toBe(expected + received);
  });

  test.each([
    ...onlyOverGot(['100', head('HTTP/1.1 100 Continue')]),
    ['102', head('HTTP/1.1 102 Processing')],
    ['several', head('HTTP/1.1 102 Processing', 'X-A: 1') + head('HTTP/1.1 199 What')],
    ...onlyOverGot(['several with 100', head('HTTP/1.1 100 Continue') + head('HTTP/1.1 199 What')]),
  ])('that the client did not ask for stay away from it: %s', async (_, interim) => {
    expect((await answered(interim + final)).text).toBe(received);
  });

  test('stay away from clients of HTTP/1.0', async () => {
    expect((await answered(hints('</a>') + final, { sent: oldGet })).text).toBe(received);
  });

  test('come from the winner only', async () => {
    const loser = resources.use(await startRaw(`${hints('</loser>')}${head('HTTP/1.1 500 No', 'Content-Length: 0')}`));
    const winner = resources.use(await startRaw(hints('</winner>') + final));
    const endpoints = [loser.url, winner.url];
    const { url } = await resources.serve({ endpoints, strategy: 'failover' });
    expect((await sendRaw(url, get)).text).toBe(hints('</winner>') + received);
  });

  test('101 that nobody asked for makes a failed attempt and leaves no connection open', async () => {
    const switching = resources.use(
      await startRaw(head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: x')),
    );
    const good = resources.use(await startRaw(final));
    const endpoints = [switching.url, good.url];
    const { url } = await resources.serve({ endpoints, strategy: 'failover' });
    expect((await sendRaw(url, get)).text).toBe(received);
    await switching.idle();
  });
});
