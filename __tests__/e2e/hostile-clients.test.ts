import http, { type RequestListener } from 'node:http';
import net from 'node:net';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { startStrict } from '../fuzz/strict-endpoint.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, serveProxy } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { answering, hanging, listen, startHttp } from '../helpers/servers.ts';

// Jest fails a test during which an exception or a rejection went uncaught; here that is half of what is tested.
const resources = leakCheckedResources();

/** A request that must never come out of the body of another one. */
const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
/** It follows each case on the same connection and ends it. */
const last = 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const post = 'POST /p HTTP/1.1\r\nHost: x\r\n';
const get = 'GET /g HTTP/1.1\r\nHost: x\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n';
const inChunk = (bytes: string) => `${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n`;

async function serveStrict(options: Partial<BalancingProxyOptions> = {}) {
  const endpoint = resources.use(await startStrict());
  const served = resources.use(await serveProxy({ endpoints: [endpoint.url], ...options }));
  return { endpoint, served, url: served.url };
}

const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

async function expectOrdinary({ endpoint, url }: Awaited<ReturnType<typeof serveStrict>>) {
  const before = endpoint.requests.length;
  expect((await request(`${url}/ordinary`)).text).toBe('ok');
  expect(endpoint.requests.slice(before).map(({ target }) => target)).toEqual(['/ordinary']);
  expect(endpoint.faults).toEqual([]);
}

const settings: Array<[string, Partial<BalancingProxyOptions>]> = [
  ['buffered', {}],
  ['streamed', { bodyLimitBytes: 0, largeBody: 'stream' }],
];

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

describe('a client that sends too much or too slowly', () => {
  /** A proxy on a server with small limits; those of node:http are minutes. */
  async function serveImpatiently(limits: http.ServerOptions, options: Partial<BalancingProxyOptions> = {}) {
    const endpoint = resources.use(await startStrict());
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url], ...options }));
    const server = http.createServer({ connectionsCheckingInterval: 20, ...limits }, proxy);
    return { endpoint, url: resources.use(await listen(server)).url };
  }

  /** Sends a start, then a byte every few milliseconds, and reads until the other side closes. */
  function drip(url: string, start: string, byte: string): Promise<string> {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.write(start);
    const timer = setInterval(() => socket.write(byte), 5);
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        text += chunk;
      });
    return new Promise((resolve) =>
      socket.on('close', () => {
        clearInterval(timer);
        resolve(text);
      }),
    );
  }

  test.each([
    ['a giant header', `${get}X: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['giant headers', `${get}${`X: ${'a'.repeat(100)}\r\n`.repeat(300)}\r\n`],
    ['a giant target', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])('(%s) is refused with 431', async (_, bytes) => {
    const strict = await serveStrict();
    expect(statusesIn((await sendRaw(strict.url, bytes)).text)).toEqual([431]);
    await expectOrdinary(strict);
  });

  test('(a giant chunk extension) is refused with 413', async () => {
    const strict = await serveStrict();
    const bytes = `${post}${chunked}\r\n2;a=${'b'.repeat(20_000)}\r\nok\r\n0\r\n\r\n`;
    expect(statusesIn((await sendRaw(strict.url, bytes)).text)).toEqual([413]);
    expect(strict.endpoint.requests).toEqual([]);
    await expectOrdinary(strict);
  });

  test.each(settings)('(a slow head) is cut with 408 when bodies are %s', async (_, options) => {
    const { endpoint, url } = await serveImpatiently({ headersTimeout: 60 }, options);
    expect(statusesIn(await drip(url, get, 'x'))).toEqual([408]);
    expect(endpoint.requests).toEqual([]);
    expect((await request(url)).text).toBe('ok');
  });

  test.each(settings)(
    '(a slow body) is cut with 408 and is whole for no endpoint when bodies are %s',
    async (_, options) => {
      const { endpoint, url } = await serveImpatiently({ headersTimeout: 60, requestTimeout: 80 }, options);
      expect(statusesIn(await drip(url, `${post}Content-Length: 10000\r\n\r\n`, 'x'))).toEqual([408]);
      await endpoint.idle();
      expect(endpoint.requests).toEqual([]);
      expect((await request(url)).text).toBe('ok');
    },
  );
});

describe('a client that resets its connection', () => {
  const pipelined = 'GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n';
  const streaming: RequestListener = (_, res) => {
    const fill = (): void => {
      while (!res.destroyed && res.write(Buffer.alloc(65_536)));
    };
    res.on('drain', fill);
    fill();
  };
  const second: RequestListener = (req, res) => (req.url === '/2' ? streaming : hanging)(req, res);

  test.each<[string, string, RequestListener, number]>([
    ['while it waits', `${get}\r\n`, hanging, 1],
    ['while it waits for two responses', pipelined, hanging, 2],
    ['while a response waits behind another one', pipelined, second, 2],
    ['within the response', `${get}\r\n`, streaming, 1],
    ['after its upload', `${post}Content-Length: 2\r\n\r\nok`, hanging, 1],
    ['within an upload that is streamed', `${post}Content-Length: 90000\r\n\r\nhalf`, (req) => void req.resume(), 1],
  ])('%s has every attempt cancelled, and the next request is served', async (_, bytes, listener, requests) => {
    let asked = 0;
    const allAsked = Promise.withResolvers<void>();
    const endpoint = resources.use(
      await startHttp((req, res) => {
        if (req.url === '/ordinary') return answering(200, 'fine')(req, res);
        if (++asked === requests) allAsked.resolve();
        return listener(req, res);
      }),
    );
    const settings = { endpoints: [endpoint.url], bodyLimitBytes: 1_000, largeBody: 'stream' } as const;
    const { url } = resources.use(await serveProxy(settings));
    const client = net.connect(Number(new URL(url).port), '127.0.0.1');
    client.on('error', () => {}).write(bytes);
    await allAsked.promise;
    client.resetAndDestroy();
    await endpoint.idle();
    expect((await request(`${url}/ordinary`)).text).toBe('fine');
  });

  test.each([
    ['the head', 'GET / HT'],
    ['a body', `${post}Content-Length: 9\r\n\r\nhalf`],
    ['a chunk', `${post}${chunked}\r\n9\r\nhalf`],
  ])('within %s is forgotten, and the next request is served', async (_, bytes) => {
    const strict = await serveStrict();
    const server = net.connect(Number(new URL(strict.url).port), '127.0.0.1');
    server.on('error', () => {});
    await new Promise((resolve) => server.write(bytes, resolve));
    server.resetAndDestroy();
    await expectOrdinary(strict);
    expect(strict.endpoint.requests).toHaveLength(1);
  });

  test.each(['attempt-ended', 'response-started'])(
    'between the choice of the winner and its first byte (`%s`) ends the attempt, and the next request is served',
    async (moment) => {
      const endpoint = resources.use(await startHttp(streaming));
      const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
      const server = resources.use(await listen(http.createServer(proxy)));
      const ended = Promise.withResolvers<void>();
      const unsubscribe = proxy.subscribe(({ type }) => {
        if (type === moment) for (const socket of server.sockets) socket.destroy();
        if (type === 'request-ended') ended.resolve();
      });
      await expect(request(server.url)).rejects.toMatchObject({ code: 'ECONNRESET' });
      await Promise.all([endpoint.idle(), ended.promise]);
      unsubscribe();
      expect(proxy.endpoints[0]?.inFlight).toBe(0);
      const client = http.get(server.url, { agent: false });
      await new Promise((resolve) => client.once('response', resolve));
      client.destroy();
      await endpoint.idle();
    },
  );
});

describe('an upload that is refused in the middle', () => {
  /** Sends a body that never ends until an answer comes, and gives the whole answer. */
  function uploadUntilAnswered(
    url: string,
    framing: http.OutgoingHttpHeaders,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const client = http.request(url, { method: 'POST', headers: framing, agent: false });
      const timer = setInterval(() => client.write(Buffer.alloc(10_000)), 1);
      client.on('error', reject).on('response', async (res) => {
        clearInterval(timer);
        let text = '';
        for await (const chunk of res) text += chunk;
        client.destroy();
        resolve({ status: res.statusCode ?? 0, text });
      });
    });
  }
  const framings: Array<[string, http.OutgoingHttpHeaders]> = [
    ['with a length', { 'Content-Length': 1e9 }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ];

  test.each(framings)('by us, %s, tells the client so', async (_, framing) => {
    const strict = await serveStrict({ bodyLimitBytes: 100_000 });
    const { status, text } = await uploadUntilAnswered(strict.url, framing);
    expect([status, text]).toEqual([413, '413 ERR_BRP_BODY_TOO_LARGE\n']);
    expect(strict.endpoint.requests).toEqual([]);
    await expectOrdinary(strict);
  });

  test.each(framings)('by the endpoint, %s, tells the client so', async (_, framing) => {
    const endpoint = resources.use(
      await startHttp((req, res) => {
        if (req.url === '/ordinary') return answering(200, 'fine')(req, res);
        return void req.once('data', () => res.writeHead(413, { Connection: 'close' }).end('too large for me'));
      }),
    );
    const settings = { endpoints: [endpoint.url], bodyLimitBytes: 1_000, largeBody: 'stream' } as const;
    const { url } = resources.use(await serveProxy(settings));
    expect(await uploadUntilAnswered(url, framing)).toEqual({ status: 413, text: 'too large for me' });
    await endpoint.idle();
    expect((await request(`${url}/ordinary`)).text).toBe('fine');
  });
});

test('a connection whose upload was refused serves the next request', async () => {
  const { endpoint, url } = await serveStrict({ bodyLimitBytes: 10 });
  const { text } = await sendRaw(
    url,
    `${head('POST /p HTTP/1.1', 'Host: x', 'Content-Length: 50000')}${'a'.repeat(50_000)}${last}`,
  );
  expect(statusesIn(text)).toEqual([413, 200]);
  expect(endpoint.requests.map(({ target }) => target)).toEqual(['/last']);
});
