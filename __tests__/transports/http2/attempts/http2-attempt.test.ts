import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { createCertificate } from '../../../../shared/certificate.ts';
import { gotTransport, type Transport, type UpstreamRequest } from '../../../../src/index.ts';
import { upstreamRequest } from '../../../../src/testing/testing.ts';
import { Http2Attempt } from '../../../../src/transports/http2/attempts/http2-attempt.ts';
import type { Http2Connection } from '../../../../src/transports/http2/connections/connection.ts';
import { Http2Sessions } from '../../../../src/transports/http2/connections/sessions.ts';
import { activeResources, surplusOver } from '../../../helpers/leaks.ts';
import { Resources } from '../../../helpers/proxy.ts';
import { until } from '../../../helpers/until.ts';
import {
  data,
  frameTypes,
  goaway,
  head,
  lastData,
  onlyHead,
  pushPromise,
  type RawHttp2Behaviour,
  reset,
  startRawHttp2,
} from '../../raw-http2.ts';

const noError = 0;
const internalError = 2;
const refusedStream = 7;
const cancelled = 8;

describe('a request over HTTP/2', () => {
  const resources = new Resources();
  let transport: Transport;
  beforeEach(() => {
    transport = resources.use(gotTransport({ http2: true }));
  });
  afterEach(() => resources.closeAll());

  const start = async (behaviour: RawHttp2Behaviour) => resources.use(await startRawHttp2(behaviour));
  const send = (
    { url, tls }: { readonly url: string; readonly tls: UpstreamRequest['tls'] },
    more: Partial<UpstreamRequest> = {},
    signal = new AbortController().signal,
  ) => transport.send(upstreamRequest(url, { tls, ...more }), signal);

  test('gives the usual reason phrase, as HTTP/2 has none', async () => {
    const server = await start({ onRequest: (socket, stream) => void socket.write(head(stream)) });
    expect((await send(server)).statusText).toBe('OK');
  });

  test('gives all of a body that comes together with its head, behind a piece of another one', async () => {
    let first = 0;
    const server = await start({
      onRequest: (socket, stream) => {
        first ||= stream;
        const small = [head(stream), lastData(stream, 'whole')];
        socket.write(stream === first ? head(stream) : Buffer.concat([data(first, 'piece'), ...small]));
      },
    });
    const { body } = await send(server);
    body.resume();
    for (let i = 0; i < 20; i++) {
      const both = await Promise.all([send(server), send(server)]);
      expect(await Promise.all(both.map((response) => textOf(response.body)))).toEqual(['whole', 'whole']);
    }
  });

  test.each([
    ['takes back', (promised: number) => [reset(promised, cancelled)]],
    ['breaks off', (promised: number) => [head(promised), reset(promised, internalError)]],
    ['sends', (promised: number) => [head(promised), lastData(promised, 'unasked')]],
  ])('lives on when the endpoint %s what it has pushed', async (_, framesFor) => {
    const server = await start({
      onRequest: (socket, stream) => {
        const pushed = Buffer.concat([pushPromise(stream, stream + 1), ...framesFor(stream + 1)]);
        socket.write(Buffer.concat([pushed, head(stream), lastData(stream, 'ok')]));
      },
    });
    for (let i = 0; i < 3; i++) expect(await textOf((await send(server)).body)).toBe('ok');
    expect(server.sockets).toHaveLength(1);
  });

  test('never ends a body as if it were whole when the endpoint resets the stream without an error', async () => {
    const server = await start({
      onRequest: (socket, stream) => {
        socket.write(Buffer.concat([head(stream), data(stream, 'half'), reset(stream, noError)]));
      },
    });
    const { body } = await send(server);
    await expect(textOf(body)).rejects.toThrow();
  });

  test('never ends a body as if it were whole when the transport is closed', async () => {
    const server = await start({
      onRequest: (socket, stream) => void socket.write(Buffer.concat([head(stream), data(stream, 'half')])),
    });
    const { body } = await send(server);
    const reading = textOf(body);
    await transport.close();
    await expect(reading).rejects.toThrow();
  });

  test('ends a body that is whole when the endpoint then resets the stream, to spare us the rest of the request', async () => {
    const server = await start({
      onRequest: (socket, stream) => {
        socket.write(Buffer.concat([head(stream), lastData(stream, 'whole'), reset(stream, noError)]));
      },
    });
    const body = Buffer.alloc(300_000);
    const response = await send(server, { method: 'POST', headers: ['Host', 'h', 'Content-Length', '300000'], body });
    expect(await textOf(response.body)).toBe('whole');
  });

  test('ends a body of which all came that was announced when the endpoint resets the stream in place of ending it', async () => {
    const server = await start({
      onRequest: (socket, stream) => {
        const whole = [head(stream, 'content-length', '5'), data(stream, 'whole'), reset(stream, noError)];
        socket.write(Buffer.concat(whole));
      },
    });
    expect(await textOf((await send(server)).body)).toBe('whole');
  });

  test('tells of a response that is nothing but its head, which is whole at once', async () => {
    const server = await start({
      onRequest: (socket, stream) => void socket.write(onlyHead(stream, 'grpc-status', '5')),
    });
    const response = await send(server);
    expect([response.endsWithHead, response.takeWhole?.()]).toEqual([true, Buffer.alloc(0)]);
    const again = await send(server);
    expect(await textOf(again.body)).toBe('');
  });

  test('gives headers as they came, with white space at their ends and odd names', async () => {
    const fields = ['x-behind', 'value ', 'x-before', ' value', '__proto__', 'p', 'x-twice', '1', 'x-twice', '2'];
    const server = await start({ onRequest: (socket, stream) => void socket.write(onlyHead(stream, ...fields)) });
    expect((await send(server)).headers).toEqual(fields);
  });

  test('ends a body that is whole before the connection closes, with all that runs on it', async () => {
    const server = await start({
      onRequest: (socket, stream) => {
        socket.end(Buffer.concat([head(stream), goaway(stream, noError), lastData(stream, 'whole')]));
      },
    });
    expect(await textOf((await send(server)).body)).toBe('whole');
  });

  test('gives up the rest of a request that an endpoint leaves unread after its answer', async () => {
    const server = await start({
      onRequest: (socket, stream) => void socket.write(Buffer.concat([head(stream), lastData(stream, 'enough')])),
    });
    const body = Buffer.alloc(300_000);
    const response = await send(server, { method: 'POST', headers: ['Host', 'h', 'Content-Length', '300000'], body });
    expect(await textOf(response.body)).toBe('enough');
    await until(() => server.frames.some(({ type }) => type === frameTypes.reset));
  });

  test.each([
    ['a stream that was refused', (stream: number) => reset(stream, refusedStream)],
    ['a stream that came too late', () => goaway(0, noError)],
    ['a stream that came too late for a connection with an error', () => goaway(0, internalError)],
  ])('reports %s as one that nobody looked at', async (_, answer) => {
    const server = await start({ onRequest: (socket, stream) => void socket.write(answer(stream)) });
    const sending = send(server, { method: 'POST', body: Buffer.from('once') });
    await expect(sending).rejects.toMatchObject({ code: 'ERR_BRP_NOT_PROCESSED' });
  });

  test('sends a header twice that should come once', async () => {
    const server = await start({
      onRequest: (socket, stream) => void socket.write(Buffer.concat([head(stream), lastData(stream, 'ok')])),
    });
    const headers = ['Host', 'h', 'If-None-Match', '"a"', 'If-None-Match', '"b"'];
    expect(await textOf((await send(server, { headers })).body)).toBe('ok');
  });

  test('sends a body that is a stream over HTTP/1.1', async () => {
    const certificate = await createCertificate();
    const { createSecureServer } = await import('node:http2');
    const endpoint = createSecureServer({ ...certificate, allowHTTP1: true }, async (req, res) => {
      res.end(`${req.httpVersion} ${await textOf(req)}`);
    });
    const server = await resources.listen(endpoint);
    const place = { url: server.url.replace('http:', 'https:'), tls: { ca: certificate.cert } };
    const headers = ['Host', 'h', 'Transfer-Encoding', 'chunked'];
    const response = await send(place, { method: 'POST', headers, body: Readable.from([Buffer.from('streamed')]) });
    expect(await textOf(response.body)).toBe('1.1 streamed');
  });

  describe('whose connection is known', () => {
    let sessions: Http2Sessions;
    beforeEach(() => {
      sessions = resources.use(new Http2Sessions());
    });
    const connect = async (request: UpstreamRequest): Promise<Http2Connection> => {
      await sessions.connectionFor(request);
      return sessions.connectionFor(request) as Http2Connection;
    };

    test('keeps no process alive when its headers cannot be sent', async () => {
      const server = await start({});
      const headers = ['Host', 'h', ':odd', '1'];
      const request = upstreamRequest(server.url, { tls: server.tls, headers });
      const before = activeResources();
      const connection = await connect(request);
      const { signal } = new AbortController();
      expect(() => new Http2Attempt(request, connection, signal).send()).toThrow('odd');
      for (const socket of server.sockets) socket.unref();
      expect(await surplusOver(before)).toEqual({});
      expect(connection.open).toBe(0);
    });
  });
});
