import { once } from 'node:events';
import http2, { type ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { createCertificate } from '../../../shared/certificate.ts';
import { gotTransport, type Transport, type UpstreamRequest } from '../../../src/index.ts';
import { upstreamRequest } from '../../../src/testing/testing.ts';
import { Resources } from '../../helpers/proxy.ts';

describe('an endpoint that offers HTTP/2 only', () => {
  const resources = new Resources();
  const tls = { rejectUnauthorized: false };
  let transport: Transport;
  beforeEach(() => {
    transport = resources.use(gotTransport({ http2: true }));
  });
  afterEach(() => resources.closeAll());

  type OnStream = (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;
  const start = async (onStream: OnStream, settings: http2.Settings = {}) => {
    const server = http2.createSecureServer({ ...(await createCertificate()), settings });
    server.on('stream', (stream, headers) =>
      onStream(
        stream.on('error', () => {}),
        headers,
      ),
    );
    const endpoint = await resources.listen(server);
    return { url: endpoint.url.replace('http:', 'https:'), endpoint };
  };
  const send = (url: string, more: Partial<UpstreamRequest>) =>
    transport.send(upstreamRequest(url, { tls, ...more }), new AbortController().signal);
  const headers = ['Host', 'h', 'Transfer-Encoding', 'chunked'];

  test('gets a body that is streamed', async () => {
    const { url, endpoint } = await start(async (stream) => {
      stream.respond();
      stream.end(`${(await textOf(stream)).length}`);
    });
    for (let i = 0; i < 3; i++) {
      const body = Readable.from([Buffer.alloc(300_000), Buffer.alloc(300_000)]);
      const response = await send(url, { method: 'POST', headers, body, freshConnection: true });
      expect(await textOf(response.body)).toBe('600000');
    }
    // The first connection asked for HTTP/1.1.
    expect(endpoint.accepted).toBe(2);
  });

  test.each([
    ['before it is sent', (body: Readable) => void body.destroy()],
    ['while it is streamed', (body: Readable, begun: Promise<void>) => void begun.then(() => body.destroy())],
  ])('ends an attempt whose body breaks off %s', async (_, breakOff) => {
    const begun = Promise.withResolvers<void>();
    const { url } = await start((stream) => void stream.once('data', () => begun.resolve()));
    const body = new Readable({ read() {} });
    body.push('first');
    breakOff(body, begun.promise);
    const sending = send(url, { method: 'POST', headers, body, freshConnection: true });
    await expect(sending).rejects.toMatchObject({ code: 'ERR_BRP_CONNECTION_LOST' });
  });

  test('ends an attempt whose body it does not read', async () => {
    const { url } = await start(() => {});
    const body = new Readable({ read: () => void body.push(Buffer.alloc(65_536)) });
    const sending = send(url, { method: 'POST', headers, body, freshConnection: true, idleMs: 200 });
    await expect(sending).rejects.toMatchObject({ code: 'ERR_BRP_IDLE_TIMEOUT' });
  });

  const handshake = {
    headers: [
      ...['Host', 'h', 'Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Version', '13'],
      ...['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ],
  };

  test('opens a WebSocket as a stream', async () => {
    const seen = Promise.withResolvers<http2.IncomingHttpHeaders>();
    const { url } = await start(
      (stream, request) => {
        seen.resolve(request);
        stream.respond({ 'sec-websocket-protocol': 'chat' });
        stream.pipe(stream);
      },
      { enableConnectProtocol: true },
    );
    const response = await send(url, { ...handshake, target: '/chat' });
    expect(response.status).toBe(101);
    expect(response.headers.join()).toContain('Sec-WebSocket-Accept,s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(response.headers.join()).toContain('sec-websocket-protocol,chat');
    expect(await seen.promise).toMatchObject({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat' });
    const { socket } = response.upgraded ?? {};
    socket?.write('hello');
    expect(String((await once(socket as Readable, 'data'))[0])).toBe('hello');
    socket?.end();
    await once(socket as Readable, 'close');
  });

  test('declines a WebSocket as it likes', async () => {
    const { url } = await start(
      (stream) => {
        stream.respond({ ':status': 403 });
        stream.end('no');
      },
      { enableConnectProtocol: true },
    );
    const response = await send(url, handshake);
    expect([response.status, await textOf(response.body)]).toEqual([403, 'no']);
  });

  test.each<[string, string, http2.Settings]>([
    ['a WebSocket that it does not allow', 'websocket', {}],
    ['another protocol', 'other', { enableConnectProtocol: true }],
  ])('is not asked for %s', async (_, protocol, settings) => {
    const { url } = await start((stream) => stream.respond(), settings);
    const asking = send(url, { headers: ['Host', 'h', 'Connection', 'Upgrade', 'Upgrade', protocol] });
    await expect(asking).rejects.toMatchObject({
      code: 'ERR_BRP_NOT_PROCESSED',
      message: expect.stringContaining('HTTP/2 only'),
    });
  });
});
