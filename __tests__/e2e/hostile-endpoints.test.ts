import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { BalancingProxy, BalancingProxyOptions } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { answering } from '../helpers/servers.ts';
import { isOverUndici, onlyOverGot } from '../helpers/transport-under-test.ts';
import { turns } from '../helpers/turns.ts';

// Jest fails a test during which an exception or a rejection went uncaught; here that is half of what is tested.
const resources = leakCheckedResources();

type Misbehave = (socket: Socket) => void;

/** An endpoint that treats every connection badly but answers `/ordinary` as it should. */
async function startHostile(misbehave: Misbehave) {
  return await resources.startTcp((socket) => {
    socket.on('data', (chunk) => {
      if (chunk.includes('GET /ordinary ')) socket.write(`${ok}Content-Length: 4\r\n\r\nfine`);
      else misbehave(socket);
    });
  });
}

/** Where time is the fault. */
const short = { responseMs: 100, idleMs: 100 };

async function serveHostile(misbehave: Misbehave, options: Partial<BalancingProxyOptions> = {}) {
  const { url } = await startHostile(misbehave);
  return await resources.serve({ endpoints: [url], ...options });
}

const expectOrdinary = async (url: string) => expect((await request(`${url}/ordinary`)).text).toBe('fine');

const ok = 'HTTP/1.1 200 OK\r\n';
const two = 'Content-Length: 2\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n';
const sending = (bytes: string) => (socket: Socket) => void socket.write(bytes, 'latin1');
const resetting = (bytes: string) => (socket: Socket) =>
  void socket.write(bytes, 'latin1', () => socket.resetAndDestroy());
const ending = (bytes: string) => (socket: Socket) => void socket.end(bytes, 'latin1');

/** Answers that no client can be given: the byte strings are whole, the connection stays open. */
const impossible: Array<[string, string]> = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
  ['zeroes', '\0\0\0\0'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['a status of two digits', `HTTP/1.1 20 OK\r\n${two}\r\nok`],
  ['a status of four digits', `HTTP/1.1 2000 OK\r\n${two}\r\nok`],
  ['the status 000', `HTTP/1.1 000 None\r\n${two}\r\nok`],
  ['the status 099', `HTTP/1.1 099 None\r\n${two}\r\nok`],
  ['the status 099, chunked', `HTTP/1.1 099 None\r\n${chunked}\r\n2\r\nok\r\n0\r\n\r\n`],
  ['an unknown version', `HTTP/3.0 200 OK\r\n${two}\r\nok`],
  ['length and chunks', `${ok}${two}${chunked}\r\n2\r\nok\r\n0\r\n\r\n`],
  ['chunks and length', `${ok}${chunked}${two}\r\n2\r\nok\r\n0\r\n\r\n`],
  ['two lengths', `${ok}${two}Content-Length: 3\r\n\r\nok`],
  ['a negative length', `${ok}Content-Length: -2\r\n\r\nok`],
  ['an absurd length', `${ok}Content-Length: 99999999999999999999999\r\n\r\nok`],
  ['a length in hexadecimal', `${ok}Content-Length: 0x2\r\n\r\nok`],
  ['a length with a sign', `${ok}Content-Length: +2\r\n\r\nok`],
  ['an empty length', `${ok}Content-Length: \r\n\r\nok`],
  ['a transfer coding that nobody knows', `${ok}Transfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
  ['a coding below the chunks', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
  ['a coding above the chunks', `${ok}Transfer-Encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
  ['a head over the limit', `${ok}X-Big: ${'a'.repeat(20_000)}\r\n${two}\r\nok`],
  ['a control character in a header', `${ok}X: a\x01b\r\n${two}\r\nok`],
  ['NUL in a header', `${ok}X: a\0b\r\n${two}\r\nok`],
  ['CR in a header', `${ok}X: a\rb\r\n${two}\r\nok`],
  ['LF for CRLF', `HTTP/1.1 200 OK\n${two}\nok`],
  ['a space before the colon', `${ok}X : a\r\n${two}\r\nok`],
  ['a header without a name', `${ok}: a\r\n${two}\r\nok`],
  ['a header without a colon', `${ok}Xa\r\n${two}\r\nok`],
  ['a switch of protocols that nobody asked for', 'HTTP/1.1 101 No\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nx'],
  ['a switch of protocols to nothing', 'HTTP/1.1 101 No\r\n\r\nx'],
];

describe.each([
  ['', sending],
  [' and a close', ending],
  [' and a reset', resetting],
])('an endpoint that answers with%s', (_, answer) => {
  test.each(impossible)('%s is a failed attempt, and the next request is served', async (_, bytes) => {
    const served = await serveHostile(answer(bytes));
    const { status, text } = await request(served.url);
    expect([status, text]).toEqual([502, '502 ERR_BRP_EXHAUSTED\n']);
    await expectOrdinary(served.url);
  });
});

describe('an endpoint whose answer is impossible', () => {
  test.each(impossible)('(%s) leaves the win to another', async (_, bytes) => {
    const healthy = await resources.start(answering(200, 'healthy'));
    const hostile = await startHostile(sending(bytes));
    const endpoints = [hostile.url, healthy.url];
    const { url } = await resources.serve({ endpoints, strategy: 'failover' });
    expect((await request(url)).text).toBe('healthy');
  });

  test('has its connection closed', async () => {
    const endpoint = await startHostile(sending('HTTP/1.1 101 No\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nx'));
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    await request(url);
    await endpoint.idle();
  });
});

describe('an endpoint that answers oddly', () => {
  test.each<[string, string, string]>([
    ['without a reason', `HTTP/1.1 200\r\n${two}\r\nok`, '200  ok'],
    ['with an empty reason', `HTTP/1.1 200 \r\n${two}\r\nok`, '200  ok'],
    ['with control characters in the reason', `HTTP/1.1 200 a\x01\x7f\0b\r\n${two}\r\nok`, '200 OK ok'],
    ['with them in the reason of an error', `HTTP/1.1 500 \x01\r\n${two}\r\nok`, '500 Internal Server Error ok'],
    ['with them before chunks', `HTTP/1.1 200 \x01\r\n${chunked}\r\n2\r\nok\r\n0\r\n\r\n`, '200 OK ok'],
    ...onlyOverGot<[string, string, string]>([
      'with a reason in Latin-1',
      `HTTP/1.1 200 \xfcber\r\n${two}\r\nok`,
      '200 \xfcber ok',
    ]),
    ['with a status that no class has', `HTTP/1.1 999 Odd\r\n${two}\r\nok`, '999 Odd ok'],
    ['with 3,000 headers', `${ok}${'a:\r\n'.repeat(3_000)}${two}\r\nok`, '200 OK ok'],
    ['with headers that objects have', `${ok}__proto__: x\r\nconstructor: y\r\n${two}\r\nok`, '200 OK ok'],
    ['with its length named in Connection', `${ok}Connection: content-length\r\n${two}\r\nok`, '200 OK ok'],
    ['with empty lines in front', `\r\n\r\n${ok}${two}\r\nok`, '200 OK ok'],
    ['with chunk extensions', `${ok}${chunked}\r\n2;a=b\r\nok\r\n0\r\n\r\n`, '200 OK ok'],
    ['twice', `${ok}${two}\r\nok${ok}Content-Length: 3\r\n\r\nbad`, '200 OK ok'],
    ['with early hints that are none', `HTTP/1.1 103 E\r\nLink: </\r\n\r\n${ok}${two}\r\nok`, '200 OK ok'],
  ])('%s is understood, and the next request is served', async (_, bytes, expected) => {
    const served = await serveHostile(sending(bytes));
    const { status, statusText, text } = await request(served.url);
    expect(`${status} ${statusText} ${text}`).toBe(expected);
    await expectOrdinary(served.url);
  });

  test('with a second response, later, gives it to nobody', async () => {
    let more = Promise.withResolvers<unknown>();
    const served = await serveHostile((socket) => {
      socket.write(`${ok}${two}\r\nok`);
      later(10, () => socket.write(`${ok}Content-Length: 3\r\n\r\nbad`, more.resolve));
    });
    for (let i = 0; i < 5; i++) {
      more = Promise.withResolvers();
      expect((await request(served.url)).text).toBe('ok');
      await more.promise;
      await turns(3);
    }
    await expectOrdinary(served.url);
  });

  describe('before it has read the request', () => {
    const body = Buffer.alloc(2e7);
    const startHasty = async (afterwards: (socket: Socket) => void) => {
      const endpoint = await resources.startTcp((socket) => {
        socket.write(`${ok}${two}\r\nok`);
        afterwards(socket);
      });
      const settings = { endpoints: [endpoint.url], bodyLimitBytes: body.length };
      return { endpoint, served: await resources.serve(settings) };
    };

    test('is understood, and is sent the rest if it goes on to read', async () => {
      const received = Promise.withResolvers<void>();
      let bytes = 0;
      const { served } = await startHasty((socket) =>
        socket.on('data', (chunk) => {
          bytes += chunk.length;
          if (bytes > body.length) received.resolve();
        }),
      );
      expect((await request(served.url, { method: 'POST', body })).text).toBe('ok');
      await received.promise;
    });

    test('has its connection closed if it does not', async () => {
      const { endpoint, served } = await startHasty((socket) => later(1_200, () => socket.resume()));
      expect((await request(served.url, { method: 'POST', body })).text).toBe('ok');
      await endpoint.idle();
    });
  });

  test('byte by byte is understood', async () => {
    const bytes = Buffer.from(`${ok}X-Slow: yes\r\n${two}\r\nok`);
    const served = await serveHostile(async (socket) => {
      for (const byte of bytes) {
        await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      }
    });
    expect(await request(served.url)).toMatchObject({ text: 'ok', headers: { 'x-slow': 'yes' } });
    await expectOrdinary(served.url);
  });
});

/** Sends a start, then the same again and again as fast as the other side reads, until the connection is closed. */
const flooding =
  (start: string, bytes: string): Misbehave =>
  (socket) => {
    const piece = bytes.repeat(Math.ceil(10_000 / bytes.length));
    const flood = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.write(start);
    socket.on('drain', flood);
    flood();
  };

/** Sends a start, then the rest over and over, a byte every few milliseconds. */
const dripping =
  (start: string, bytes: string): Misbehave =>
  (socket) => {
    socket.write(start);
    let sent = 0;
    const timer = setInterval(() => socket.write(bytes.charAt(sent++ % bytes.length)), 5);
    socket.once('close', () => clearInterval(timer));
  };

describe('an endpoint that never comes to the point', () => {
  test.each<[string, number, Misbehave]>([
    ['nothing and a close', 502, (socket) => socket.end()],
    ['nothing and a reset', 502, (socket) => socket.resetAndDestroy()],
    ['half a head and a close', 502, ending('HTTP/1.1 200 OK\r\nContent-')],
    ['half a small body and a close', 502, ending(`${ok}Content-Length: 9\r\n\r\nhalf`)],
    ['an endless head', 502, flooding(ok, 'X-More: header\r\n')],
    ['an endless header', 502, flooding(ok, 'x')],
    ['an endless header that drips', 504, dripping(ok, 'x')],
    ['a head that drips', 504, dripping('', 'HTTP/1.1 200 OK\r\n')],
    ['a flood of interim responses', 504, flooding('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')],
    ['one interim response', isOverUndici ? 502 : 504, sending('HTTP/1.1 100 Continue\r\n\r\n')],
    ['nothing', 504, () => {}],
    ['half a head', 504, sending('HTTP/1.1 200 OK\r\nContent-')],
    ['half a small body', 504, sending(`${ok}Content-Length: 9\r\n\r\nhalf`)],
    ['an answer that comes too late', 504, (socket) => later(150, () => socket.write(`${ok}${two}\r\nok`))],
  ])('(%s) is a failed attempt, and the next request is served', async (_, expected, misbehave) => {
    const served = await serveHostile(misbehave, { timeouts: expected === 504 ? short : {} });
    expect((await request(served.url)).status).toBe(expected);
    await expectOrdinary(served.url);
  });

  test('with its interim responses has the first ones passed on at most', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n';
    const served = await serveHostile(sending(`${hint.repeat(1_000)}${ok}${two}\r\nok`));
    const { text } = await sendRaw(served.url, head('GET / HTTP/1.1', 'Host: x', 'Connection: close'));
    expect(text.split('103 Early Hints').length - 1).toBe(16);
    expect(text).toMatch(/\r\n\r\nok$/);
  });
});

/** Sends a start, lets it arrive, and sends the rest. */
const sendingInTwo =
  (start: string, rest: string): Misbehave =>
  (socket) => {
    socket.write(start);
    later(20, () => socket.write(rest, 'latin1'));
  };

describe('an endpoint that fails within a body that is streamed', () => {
  const long = `${ok}Content-Length: 100000\r\n\r\n`;
  const chunks = `${ok}${chunked}\r\n4\r\nhalf\r\n`;
  const failures: Array<[string, string]> = [
    ['a chunk size that is none', 'zz\r\nok\r\n0\r\n\r\n'],
    ['a negative chunk size', '-2\r\nok\r\n0\r\n\r\n'],
    ['an absurd chunk size', 'FFFFFFFFFFFFFFFFFF\r\nok\r\n0\r\n\r\n'],
    ['a chunk that is longer than it says', '2\r\nlong\r\n0\r\n\r\n'],
    ['a trailer with a control character', '0\r\nX: a\x01\r\n\r\n'],
    ['a trailer that says a length', '0\r\nContent-Length: 7\r\n\r\n'],
  ];

  test.each<[string, Misbehave]>([
    ['a reset after the head', resetting(long)],
    ['a reset after the head of chunks', resetting(`${ok}${chunked}\r\n`)],
    ['a reset in the middle', resetting(`${long}half`)],
    ['a reset between chunks', resetting(chunks)],
    ['a close in the middle', ending(`${long}half`)],
    ['a close between chunks', ending(chunks)],
    ['a silence in the middle', sending(`${long}half`)],
    ['a length that no body has', ending(`${ok}Content-Length: 9007199254740993\r\n\r\nhalf`)],
    ...failures.map(([name, bytes]): [string, Misbehave] => [name, sendingInTwo(chunks, bytes)]),
  ])('(%s) leaves a response that is visibly broken, and the next request is served', async (_, misbehave) => {
    const served = await serveHostile(misbehave, { holdMs: 0, timeouts: { idleMs: 100 } });
    await expect(request(served.url)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expectOrdinary(served.url);
  });

  test.each<[string, Misbehave]>([
    ['a reset between chunks', resetting(chunks)],
    ['a close between chunks', ending(chunks)],
    ['a silence between chunks', sending(chunks)],
    ...failures.map(([name, bytes]): [string, Misbehave] => [name, sendingInTwo(chunks, bytes)]),
  ])('(%s) while its response is held leaves the win to another', async (_, misbehave) => {
    const healthy = await resources.start(answering(200, 'healthy'));
    const endpoints = [(await startHostile(misbehave)).url, healthy.url];
    const options = { strategy: 'failover', holdMs: 10_000, timeouts: { idleMs: 100 } } as const;
    const { url } = await resources.serve({ endpoints, ...options });
    expect((await request(url)).text).toBe('healthy');
  });

  test.each(failures)(
    '(%s) before anything was sent on is an error, and the next request is served',
    async (_, bytes) => {
      const served = await serveHostile(sending(chunks + bytes));
      expect((await request(served.url)).status).toBe(502);
      await expectOrdinary(served.url);
    },
  );
});

describe('middleware whose `res` throws', () => {
  const fail = (): never => {
    throw new Error('middleware');
  };
  test.each<[string, string, (res: ServerResponse) => void, number]>([
    ['write()', `${ok}${chunked}\r\n2\r\nok\r\n`, (res) => Object.assign(res, { write: fail }), 502],
    ['flushHeaders()', `${ok}${chunked}\r\n`, (res) => Object.assign(res, { flushHeaders: fail }), 502],
    ['end()', `${ok}${two}\r\nok`, (res) => Object.assign(res, { end: fail }), 0],
    ['setHeader()', `${ok}${two}\r\nok`, (res) => Object.assign(res, { setHeader: fail }), 0],
  ])('from %s cannot end the process', async (_, bytes, spoil, expected) => {
    const { url } = await startHostile(sending(bytes));
    const frame =
      (proxy: RequestListener): RequestListener =>
      (req, res) => {
        if (req.url !== '/ordinary') spoil(res);
        proxy(req, res);
      };
    const served = await resources.serve({ endpoints: [url] }, frame);
    const answer = await request(served.url).catch(() => ({ status: 0 }));
    expect(answer.status).toBe(expected);
    await expectOrdinary(served.url);
  });

  test('leaves an error handler a `res` without the headers of the endpoint', async () => {
    const { url } = await startHostile(
      sending(`HTTP/1.1 200 Fine\r\nDate: never\r\nContent-Encoding: x\r\n${chunked}\r\n`),
    );
    const frame =
      (proxy: BalancingProxy): RequestListener =>
      (req, res) => {
        Object.assign(res, { flushHeaders: fail });
        proxy(req, res, () => res.writeHead(500).end('handled'));
      };
    const served = await resources.serve({ endpoints: [url] }, frame);
    const { statusText, headers, text } = await request(served.url);
    expect([statusText, headers['content-encoding'], text]).toEqual(['Internal Server Error', undefined, 'handled']);
    expect(headers.date).toMatch(/GMT$/);
  });
});
