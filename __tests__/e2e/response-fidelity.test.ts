import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import express from 'express';
import type { BalancingProxy, BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, serveProxy } from '../helpers/proxy.ts';
import { head, type RawListener, sendRaw, startRaw } from '../helpers/raw.ts';
import { isOverUndici, onlyOverGot } from '../helpers/transport-under-test.ts';

const resources = leakCheckedResources();

const get = head('GET / HTTP/1.1', 'Host: h', 'Connection: close');
const oldGet = 'GET / HTTP/1.0\r\n\r\n';
/** With a date of the endpoint's the proxy's frame adds none of its own. */
const date = 'Date: Thu, 01 Jan 1970 00:00:00 GMT';
const ok = head('HTTP/1.1 200 OK', date, 'Content-Length: 2');

interface Setting {
  readonly sent?: string;
  readonly options?: Partial<BalancingProxyOptions>;
  readonly frame?: (proxy: BalancingProxy) => RequestListener;
}

/** What a client gets when the endpoint answers with these bytes. */
async function answered(answer: string | RawListener, { sent = get, options, frame }: Setting = {}) {
  const endpoint = resources.use(await startRaw(answer));
  const { url } = resources.use(await serveProxy({ endpoints: [endpoint.url], ...options }, frame));
  return { ...(await sendRaw(url, sent)), endpoint };
}

/** Answers with these bytes and closes the connection. */
const closing =
  (bytes: string): RawListener =>
  (socket) =>
    void socket.end(bytes, 'latin1');

/** Answers with these bytes, then dies. */
const dying =
  (bytes: string): RawListener =>
  (socket) =>
    void socket.write(bytes, 'latin1', () => setImmediate(() => socket.resetAndDestroy()));

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
    const { url } = resources.use(await serveProxy({ endpoints: [endpoint.url] }));
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
    const { url } = resources.use(await serveProxy({ endpoints: [endpoint.url] }));
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
  const chunked = head('HTTP/1.1 200 OK', date, 'Transfer-Encoding: chunked');

  test('that is chunked is framed anew, whatever the chunks looked like', async () => {
    const { text } = await answered(`${chunked}0002;ext="x"\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n`);
    const [start, ...rest] = text.split('\r\n\r\n');
    expect(start).toBe(['HTTP/1.1 200 OK', date, 'Connection: close', 'Transfer-Encoding: chunked'].join('\r\n'));
    expect(rest.join('\r\n\r\n')).toMatch(/^(4\r\nbody|2\r\nbo\r\n2\r\ndy)\r\n0\r\n\r\n$/);
  });

  test.each(['HTTP/1.0 200 OK', 'HTTP/1.1 200 OK'])('that ends with the connection arrives whole: %s', async (line) => {
    const { text } = await answered(closing(`${head(line, date)}body`));
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
    const { text, isReset } = await answered(answer, { sent: oldGet });
    expect(text).toBe(`${head('HTTP/1.1 200 OK', date, 'Connection: close')}body`);
    expect(isReset).toBe(false);
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
    const { url } = resources.use(await serveProxy({ endpoints, strategy: 'failover' }));
    expect((await sendRaw(url, get)).text).toBe(hints('</winner>') + received);
  });

  test('101 that nobody asked for makes a failed attempt and leaves no connection open', async () => {
    const switching = resources.use(
      await startRaw(head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: x')),
    );
    const good = resources.use(await startRaw(final));
    const endpoints = [switching.url, good.url];
    const { url } = resources.use(await serveProxy({ endpoints, strategy: 'failover' }));
    expect((await sendRaw(url, get)).text).toBe(received);
    await switching.idle();
  });
});

describe('headers that were on `res` before', () => {
  const setting =
    (headers: Readonly<Record<string, string | string[]>>) =>
    (proxy: BalancingProxy): RequestListener =>
      express()
        .disable('x-powered-by')
        .use((_req, res, next) => {
          for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
          next();
        })
        .use(proxy);

  test.each<[string, Record<string, string | string[]>, string[], string[]]>([
    ['stay', { 'X-Mine': '1' }, ['X-Its: 2'], ['X-Mine: 1', 'X-Its: 2']],
    ["give way to the endpoint's of that name", { 'X-BOTH': ['1', '2'] }, ['x-both: 3'], ['x-both: 3']],
    ['add up for Set-Cookie', { 'Set-Cookie': 'a=1' }, ['Set-Cookie: b=2'], ['Set-Cookie: a=1', 'Set-Cookie: b=2']],
    ['add up for Vary', { vary: ['a', 'b'] }, ['Vary: c'], ['Vary: a', 'Vary: b', 'Vary: c']],
  ])('%s', async (_, before, lines, expected) => {
    const { text } = await answered(`${head('HTTP/1.1 200 OK', ...lines, 'Content-Length: 2')}ok`, {
      frame: setting(before),
    });
    const received = text.split('\r\n').slice(1, -2);
    expect(received.filter((line) => !/^(date|content-length|connection):/i.test(line))).toEqual(expected);
  });

  test('say nothing about the framing', async () => {
    const chunked = `${head('HTTP/1.1 200 OK', date, 'Transfer-Encoding: chunked')}4\r\nbody\r\n0\r\n\r\n`;
    const { text } = await answered(chunked, { frame: setting({ 'Content-Length': '2', Trailer: 'X-T' }) });
    expect(text).toMatch(/Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/);
    expect(text).not.toMatch(/content-length/i);
  });
});

describe('a small response', () => {
  const smallest = 'x'.repeat(65_536);
  const start = (length: number) => head('HTTP/1.1 200 OK', date, `Content-Length: ${length}`);

  test.each<[string, string, RawListener]>([
    ['dies in the middle', 'race', dying(`${start(65_536)}half`)],
    ['dies in the middle', 'failover', dying(`${start(4)}hal`)],
    ['dies before the first byte', 'failover', dying(start(4))],
    ['dies before the last byte', 'failover', dying(start(65_536) + smallest.slice(1))],
    ['closes in the middle', 'failover', closing(`${start(4)}hal`)],
    ['falls silent in the middle', 'failover', (socket) => void socket.write(`${start(4)}hal`)],
  ])('of an endpoint that %s is replaced by that of another: %s', async (_, strategy, listener) => {
    const bad = resources.use(await startRaw(listener));
    const badIsDone = Promise.withResolvers<void>();
    const good = resources.use(
      await startRaw(async (socket) => {
        if (strategy === 'race') await badIsDone.promise;
        socket.write(`${ok}ok`);
      }),
    );
    const options = { strategy: strategy as 'race', timeouts: { idleMs: 50 } };
    const served = resources.use(await serveProxy({ endpoints: [bad.url, good.url], ...options }));
    served.proxy.subscribe((event) => event.type === 'attempt-ended' && badIsDone.resolve());
    expect((await sendRaw(served.url, get)).text).toMatch(/\r\n\r\nok$/);
    expect(served.events.at(-1)).toMatchObject({ winner: good.url, attempts: [{ status: 200 }, { outcome: 'won' }] });
  });

  test('that no endpoint can complete is answered with an error, not cut short', async () => {
    const { text } = await answered(dying(`${start(4)}hal`));
    expect(text).toMatch(/^HTTP\/1.1 502 [\s\S]*502 ERR_BRP_EXHAUSTED\n$/);
  });

  test('of 65,536 bytes arrives whole', async () => {
    expect((await answered(start(65_536) + smallest)).text.endsWith(`\r\n\r\n${smallest}`)).toBe(true);
  });
});

describe('a response that is not small', () => {
  const framings = [
    ['of 65,537 bytes', head('HTTP/1.1 200 OK', date, 'Content-Length: 65537'), 'x'],
    ['that is chunked', head('HTTP/1.1 200 OK', date, 'Transfer-Encoding: chunked'), '1\r\nx\r\n'],
    ['that ends with the connection', head('HTTP/1.0 200 OK', date), 'x'],
  ] as const;

  test.each(framings)('is streamed from the first byte: %s', async (_, start, first) => {
    const firstCame = Promise.withResolvers<void>();
    const endpoint = resources.use(
      await startRaw((socket) => {
        socket.write(start + first);
        firstCame.promise.then(() => socket.destroy());
      }),
    );
    const { url } = resources.use(await serveProxy({ endpoints: [endpoint.url] }));
    await sendRaw(url, get, (soFar) => /\r\n\r\n(1\r\n)?x/.test(soFar) && firstCame.resolve());
    await firstCame.promise;
  });

  test.each(
    framings.flatMap(([name, ...more]) => [[name, 'HTTP/1.1', ...more] as const, [name, 'HTTP/1.0', ...more] as const]),
  )('is visibly broken when the endpoint dies within it: %s, to a client of %s', async (_, version, start, first) => {
    const firstCame = Promise.withResolvers<void>();
    const endpoint = resources.use(
      await startRaw((socket) => {
        socket.write(start + first);
        firstCame.promise.then(() => socket.resetAndDestroy());
      }),
    );
    const served = resources.use(await serveProxy({ endpoints: [endpoint.url] }));
    const { text, isReset } = await sendRaw(
      served.url,
      version === 'HTTP/1.1' ? get : oldGet,
      (soFar) => /\r\n\r\n(1\r\n)?x/.test(soFar) && firstCame.resolve(),
    );
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    const isFramed = /^(content-length|transfer-encoding):/im.test(text);
    expect(isFramed ? !text.endsWith('0\r\n\r\n') : isReset).toBe(true);
    await served.proxy.close();
    expect(served.events.at(-1)).toMatchObject({ status: 200, error: { code: 'ERR_BRP_CONNECTION_LOST' } });
  });

  const unusable = head('HTTP/1.1 500 Half', date, 'X-Its: 1', 'Content-Length: 9');

  test('and not usable is visibly broken, too, when nothing better came', async () => {
    const large = unusable.replace('Content-Length: 9', 'Content-Length: 90000');
    const halfCame = Promise.withResolvers<void>();
    const endpoint = resources.use(
      await startRaw((socket) => {
        socket.write(`${large}half`);
        halfCame.promise.then(() => socket.resetAndDestroy());
      }),
    );
    const { url } = resources.use(await serveProxy({ endpoints: [endpoint.url] }));
    const { text } = await sendRaw(url, get, (soFar) => soFar.endsWith('half') && halfCame.resolve());
    expect(text).toBe(`${large.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}half`);
  });

  test('and broke off while it was kept for want of a better one gives way to an error', async () => {
    const broken = resources.use(await startRaw(dying(`${unusable}half`)));
    const late = resources.use(
      await startRaw(async (socket) => {
        await broken.idle();
        setImmediate(() => socket.resetAndDestroy());
      }),
    );
    const { url } = resources.use(await serveProxy({ endpoints: [broken.url, late.url] }));
    const { text } = await sendRaw(url, get);
    expect(text).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n[\s\S]*502 ERR_BRP_EXHAUSTED\n$/);
    expect(text).not.toContain('X-Its');
  });
});

describe('`rewriteResponse`', () => {
  const rewrite = (rewriteResponse: unknown): Partial<BalancingProxyOptions> => ({
    rewriteResponse: rewriteResponse as NonNullable<BalancingProxyOptions['rewriteResponse']>,
  });
  const sent = ['X-Old: 1', 'x-Other: 2', 'X-Old: 3'];
  const answer = `${head('HTTP/1.1 200 OK', ...sent, 'Content-Length: 2')}ok`;

  test.each<[string, unknown, string[]]>([
    ['sets', () => ({ 'X-New': 'n' }), ['X-Old: 1', 'X-Old: 3', 'x-Other: 2', 'X-New: n']],
    ['replaces, whatever the case,', () => ({ 'x-OLD': 'n' }), ['x-Other: 2', 'x-OLD: n']],
    ['removes', () => ({ 'x-old': undefined }), ['x-Other: 2']],
    ['repeats', () => ({ 'X-Old': ['a', 'b'] }), ['x-Other: 2', 'X-Old: a', 'X-Old: b']],
    ['sets later', async () => ({ 'X-Old': 'n' }), ['x-Other: 2', 'X-Old: n']],
    ['passes on all', (headers: object) => ({ ...headers }), ['x-old: 1, 3', 'x-other: 2']],
    ['returns nothing for', () => undefined, ['X-Old: 1', 'X-Old: 3', 'x-Other: 2']],
  ])('%s headers', async (_, hook, expected) => {
    const { text } = await answered(answer, { options: rewrite(hook) });
    expect(text.split('\r\n').filter((line) => /^x-/i.test(line))).toEqual(expected);
    expect(text).toMatch(/\r\n\r\nok$/);
  });

  test('gets the headers less the hop-by-hop ones, the status, the request and the name of the endpoint', async () => {
    let got: unknown[] = [];
    const hook: BalancingProxyOptions['rewriteResponse'] = (headers, { status, req, endpoint }) => {
      got = [headers, status, req.url, endpoint];
      return undefined;
    };
    const { endpoint } = await answered(
      head('HTTP/1.1 404 No', 'Set-Cookie: a', 'X-A: 1', 'X-A: 2', 'Keep-Alive: x', 'Content-Length: 0'),
      { options: rewrite(hook) },
    );
    expect(got).toEqual([{ 'set-cookie': ['a'], 'x-a': '1, 2', 'content-length': '0' }, 404, '/', endpoint.url]);
  });

  test.each<[string, unknown]>([
    ['throws', () => JSON.parse('{')],
    ['rejects', async () => JSON.parse('{')],
    ['changes the length', () => ({ 'Content-Length': '3' })],
    ['announces trailers', () => ({ Trailer: 'X-T' })],
    ['returns a line break', () => ({ 'X-New': 'a\r\nX-Injected: 1' })],
    ['returns a string', () => 'X-New: 1'],
    ['never settles', () => new Promise(() => {})],
  ])('that %s makes a failed attempt, and another endpoint answers', async (_, hook) => {
    const bad = resources.use(await startRaw(answer));
    const good = resources.use(await startRaw(`${ok}ok`));
    const onlyFirst: BalancingProxyOptions['rewriteResponse'] = (_headers, context) =>
      context.endpoint === bad.url ? (hook as () => undefined)() : undefined;
    const options = { strategy: 'failover', timeouts: { responseMs: 500 }, rewriteResponse: onlyFirst } as const;
    const served = resources.use(await serveProxy({ endpoints: [bad.url, good.url], ...options }));
    expect((await sendRaw(served.url, get)).text).toMatch(/\r\n\r\nok$/);
    expect(served.events.at(-1)).toMatchObject({ winner: good.url, attempts: [{ status: 200 }, {}] });
  });
});

describe('`exposeEndpoint`', () => {
  test.each(['plain', 'Zürich 1'])('shows the name %j', async (name) => {
    const endpoint = resources.use(await startRaw(`${ok}ok`));
    const { url } = resources.use(await serveProxy({ endpoints: [{ url: endpoint.url, name }], exposeEndpoint: true }));
    expect((await request(url)).headers['x-served-by']).toBe(name);
  });

  test('shows nothing by default', async () => {
    expect((await answered(`${ok}ok`)).text).not.toMatch(/x-served-by/i);
  });
});
