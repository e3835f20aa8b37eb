import http, { type RequestListener } from 'node:http';
import net from 'node:net';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { startStrict } from '../fuzz/strict-endpoint.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { answering, hanging } from '../helpers/servers.ts';
import {
  chunked,
  expectOrdinary,
  get,
  last,
  post,
  resources,
  serveStrict,
  settings,
  statusesIn,
} from './strict-server.ts';

describe('a client that sends too much or too slowly', () => {
  /** A proxy on a server with small limits; those of node:http are minutes. */
  async function serveImpatiently(limits: http.ServerOptions, options: Partial<BalancingProxyOptions> = {}) {
    const endpoint = resources.use(await startStrict());
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url], ...options }));
    const server = http.createServer({ connectionsCheckingInterval: 20, ...limits }, proxy);
    return { endpoint, url: (await resources.listen(server)).url };
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
    const endpoint = await resources.start((req, res) => {
      if (req.url === '/ordinary') return answering(200, 'fine')(req, res);
      if (++asked === requests) allAsked.resolve();
      return listener(req, res);
    });
    const settings = { endpoints: [endpoint.url], bodyLimitBytes: 1_000, largeBody: 'stream' } as const;
    const { url } = await resources.serve(settings);
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
      const endpoint = await resources.start(streaming);
      const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
      const server = await resources.listen(http.createServer(proxy));
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
    const endpoint = await resources.start((req, res) => {
      if (req.url === '/ordinary') return answering(200, 'fine')(req, res);
      return void req.once('data', () => res.writeHead(413, { Connection: 'close' }).end('too large for me'));
    });
    const settings = { endpoints: [endpoint.url], bodyLimitBytes: 1_000, largeBody: 'stream' } as const;
    const { url } = await resources.serve(settings);
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
