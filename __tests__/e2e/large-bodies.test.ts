import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import net, { type Socket } from 'node:net';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { hanging, type TestServer } from '../helpers/servers.ts';
import { endOf, ok } from './upload-answers.ts';

const resources = leakCheckedResources();

describe("a body over the limit with `largeBody: 'stream'`", () => {
  const large = randomBytes(20 * 1024 * 1024);
  const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const stream = { largeBody: 'stream', bodyLimitBytes: 100_000 } as const;

  /** Two endpoints that tell how a body came and what its hash is. */
  async function serveStreaming(options: Partial<BalancingProxyOptions> = {}) {
    let asked = 0;
    const tell: RequestListener = async (req, res) => {
      asked++;
      const { body } = await readAll(req);
      const { 'content-length': length, 'transfer-encoding': coding } = req.headers;
      res.end(JSON.stringify({ hash: hashOf(body), length, coding }));
    };
    const endpoints = [(await resources.start(tell)).url, (await resources.start(tell)).url];
    const served = await resources.serve({ endpoints, ...stream, ...options });
    return { served, asked: () => asked };
  }

  test.each<[string, http.OutgoingHttpHeaders, object]>([
    ['with its length', { 'Content-Length': large.length }, { length: String(large.length) }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }, { coding: 'chunked' }],
  ])('reaches one endpoint, framed as it was: 20 MB %s', async (_, headers, framing) => {
    const { served, asked } = await serveStreaming();
    const { status, text } = await request(served.url, { method: 'PUT', headers, body: large });
    expect([status, JSON.parse(text)]).toEqual([200, { hash: hashOf(large), ...framing }]);
    expect(asked()).toBe(1);
    expect(endOf(served)).toMatchObject({ isBodyStreamed: true, attempts: [{ outcome: 'won' }] });
  });

  test.each([
    ['of which the last byte is one too many', [100_000, 1]],
    ['of which the first chunk is too large', [200_000, 1]],
    ['in a single chunk', [100_001]],
  ])('arrives whole: chunked, %s', async (_, sizes) => {
    const { served } = await serveStreaming();
    const chunks = sizes.map((size) => randomBytes(size));
    const { text } = await request(served.url, { method: 'POST', body: chunks });
    expect(JSON.parse(text)).toEqual({ hash: hashOf(Buffer.concat(chunks)), coding: 'chunked' });
  });

  test('arrives whole when `rewriteRequest` takes its time', async () => {
    const { served } = await serveStreaming({
      rewriteRequest: async () => {
        await once(http.get(served.url.replace(/\d+$/, '1')), 'error');
        return {};
      },
    });
    const { text } = await request(served.url, {
      method: 'PUT',
      headers: { 'Content-Length': large.length },
      body: large,
    });
    expect(JSON.parse(text)).toMatchObject({ hash: hashOf(large) });
  });

  test('is buffered for all endpoints up to the limit', async () => {
    const { served, asked } = await serveStreaming({ terminalStatuses: '404' });
    await request(served.url, { method: 'POST', body: large.subarray(0, 100_000) });
    expect(asked()).toBe(2);
    expect(endOf(served)).toMatchObject({ isBodyStreamed: false });
  });

  test('goes over a connection of its own, because it cannot be sent twice', async () => {
    let connections = 0;
    const endpoint = await resources.startTcp((socket) => {
      // The first connection is closed on reuse.
      const isFirst = ++connections === 1;
      let bytes = 0;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        if (isFirst && bytes > 1_000) socket.destroy();
        else if (isFirst || bytes > 100_000) socket.write(ok);
      });
    });
    const { url } = await resources.serve({ endpoints: [endpoint.url], ...stream });
    await request(url);
    const settings = { method: 'POST', headers: { 'Content-Length': 100_001 }, body: large.subarray(0, 100_001) };
    expect((await request(url, settings)).status).toBe(200);
  });

  const upload = head('POST / HTTP/1.1', 'Host: h', 'Content-Length: 200000');

  test('may take longer than `responseMs`, which counts from its end', async () => {
    const { served } = await serveStreaming({ timeouts: { responseMs: 50 } });
    const socket = net.connect(Number(new URL(served.url).port), '127.0.0.1');
    socket.write(upload + 'x'.repeat(150_000));
    later(150, () => socket.write('x'.repeat(50_000)));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });

  test('is answered with 504 when the endpoint takes longer than `responseMs` after it', async () => {
    const endpoint = await resources.start(hanging);
    const options = { endpoints: [endpoint.url], ...stream, timeouts: { responseMs: 50 } };
    const { url } = await resources.serve(options);
    expect((await request(url, { method: 'POST', body: large.subarray(0, 200_000) })).status).toBe(504);
    await endpoint.idle();
  });

  const tooLarge = `${head('HTTP/1.1 413 Too Much', 'X-Its: 1', 'Content-Length: 4')}nope`;
  const streamedTooLarge = `${head('HTTP/1.1 413 Too Much', 'X-Its: 1', 'Transfer-Encoding: chunked')}4\r\nnope\r\n0\r\n\r\n`;
  const unusable = `${head('HTTP/1.1 507 Full', 'X-Its: 1', 'Content-Length: 4')}nope`;

  /** Answers as soon as the head of a request is there. */
  const answeringEarly = (answer: (socket: Socket) => void) => (socket: Socket) =>
    void socket.once('data', () => answer(socket));

  /** Resolves when the proxy has closed its connections; a paused socket would not see that. */
  const isLetGo = (endpoint: TestServer): Promise<void> => {
    for (const socket of endpoint.sockets) socket.resume();
    return endpoint.idle();
  };

  describe.each<[string, (socket: Socket) => void]>([
    ['reads no further', (socket) => void socket.pause().write(tooLarge)],
    ['goes on reading', (socket) => void socket.write(tooLarge)],
    ['answers in chunks', (socket) => void socket.write(streamedTooLarge)],
    ['gives an unusable answer', (socket) => void socket.write(unusable)],
    ['closes its side', (socket) => void socket.end(tooLarge)],
    ['closes the connection', (socket) => void socket.end(tooLarge, () => socket.destroy())],
  ])('that an endpoint answers early and %s', (_, answer) => {
    test('gives that answer while the client is still uploading, and closes the connection to the endpoint', async () => {
      const endpoint = await resources.startTcp(answeringEarly(answer));
      const served = await resources.serve({ endpoints: [endpoint.url], ...stream });
      const { port } = new URL(served.url);
      const socket = net.connect(Number(port), '127.0.0.1');
      socket.write(upload + 'x'.repeat(100));
      let text = '';
      for await (const chunk of socket) {
        text += chunk;
        if (/nope/.test(text)) break;
      }
      expect(text).toMatch(/^HTTP\/1.1 (413 Too Much|507 Full)\r\nX-Its: 1\r\n/);
      await isLetGo(endpoint);
      expect(endOf(served)).toMatchObject({ error: undefined, isBodyStreamed: true });
    });

    test('gives that answer to a client that does not stop uploading', async () => {
      const endpoint = await resources.startTcp(answeringEarly(answer));
      const { url } = await resources.serve({ endpoints: [endpoint.url], ...stream });
      const { statusText, text } = await request(url, {
        method: 'POST',
        headers: { 'Content-Length': large.length },
        body: large,
      });
      expect([statusText, text]).toEqual([expect.stringMatching('Too Much|Full'), 'nope']);
      await isLetGo(endpoint);
    });
  });

  test('leaves the connection to the client usable when the endpoint answered early', async () => {
    const endpoint = await resources.startTcp(answeringEarly((socket) => void socket.pause().write(tooLarge)));
    const { url } = await resources.serve({ endpoints: [endpoint.url], ...stream });
    const next = head('GET / HTTP/1.1', 'Host: h', 'Connection: close');
    const { text } = await sendRaw(url, upload + 'x'.repeat(200_000) + next);
    expect(text.match(/HTTP\/1.1 413 Too Much/g)).toHaveLength(2);
  });

  test('is answered with 502 when the endpoint breaks off within it', async () => {
    const endpoint = await resources.startTcp(answeringEarly((socket) => void socket.resetAndDestroy()));
    const { url } = await resources.serve({ endpoints: [endpoint.url], ...stream });
    const settings = { method: 'POST', headers: { 'Content-Length': large.length }, body: large };
    expect((await request(url, settings)).text).toBe('502 ERR_BRP_EXHAUSTED\n');
  });

  test('ends the attempt when the client breaks off within it', async () => {
    const asked = Promise.withResolvers<IncomingMessage>();
    const endpoint = await resources.start((req) => asked.resolve(req.on('error', () => {}).resume()));
    const served = await resources.serve({ endpoints: [endpoint.url], ...stream });
    const socket = net.connect(Number(new URL(served.url).port), '127.0.0.1');
    socket.write(upload + 'x'.repeat(100));
    const req = await asked.promise;
    socket.destroy();
    await endpoint.idle();
    expect(req.complete).toBe(false);
    await served.proxy.close();
    const attempts = [{ outcome: 'cancelled' }];
    expect(endOf(served)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' }, isBodyStreamed: true, attempts });
  });
});
