import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import http2, { type ClientHttp2Stream } from 'node:http2';
import { WebSocket } from 'ws';
import { Resources } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';
import { startEcho } from '../helpers/upgrades.ts';
import { start } from './command.ts';
import { answerTo, certificateFiles, connectHttp2, connectSecurely, portOf, requestSecurely } from './secured.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A command that speaks https in front of an endpoint. */
async function startSecured(endpoint: { readonly url: string }, ...flags: readonly string[]) {
  const { ca, flags: certificate } = await certificateFiles(resources);
  const command = start('-e', endpoint.url, ...certificate, ...flags);
  return { command, ca, port: await portOf(command) };
}

/** A client that speaks HTTP/2 with a command that speaks https. */
async function startWithClient(endpoint: { readonly url: string }, ...flags: readonly string[]) {
  const secured = await startSecured(endpoint, ...flags);
  return { ...secured, session: await connectHttp2(resources, secured.port, secured.ca) };
}

const offer = ['h2', 'http/1.1'];

describe('with -tls-cert', () => {
  test.each([
    ['one that offers HTTP/2 gets it', offer, [], 'h2'],
    ['one that offers HTTP/1.1 alone gets that', ['http/1.1'], [], 'http/1.1'],
    ['one that offers HTTP/2 gets HTTP/1.1 with -http2-clients=false', offer, ['-http2-clients=false'], 'http/1.1'],
  ])('of clients %s', async (_, ALPNProtocols, flags, protocol) => {
    const { ca, port } = await startSecured(await resources.startSaying('hello'), ...flags);
    const socket = await connectSecurely(resources, port, { ca, ALPNProtocols });
    expect(socket.alpnProtocol).toBe(protocol);
  });

  test('one that offers nothing is answered in HTTP/1.1', async () => {
    const { ca, port } = await startSecured(await resources.startSaying('hello'));
    expect(await requestSecurely(port, { ca, ALPNProtocols: [] })).toMatchObject({ status: 200, text: 'hello' });
  });

  test('a request over HTTP/2 reaches the endpoint with what it was sent to', async () => {
    const endpoint = await resources.start(({ headers }, res) => void res.end(JSON.stringify(headers)));
    const { session, port } = await startWithClient(endpoint, '-via', 'us');
    const { text } = await answerTo(session.request({ ':path': '/' }));
    expect(JSON.parse(text)).toMatchObject({
      via: '2.0 us',
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-port': String(port),
      'x-forwarded-proto': 'https',
    });
  });

  test('an upload over HTTP/2 is asked for with 100 and sent on', async () => {
    const { session } = await startWithClient(await resources.start((req, res) => void req.pipe(res)));
    const stream = session.request({ ':method': 'POST', expect: '100-continue' });
    const answer = answerTo(stream);
    await once(stream, 'continue');
    stream.end('hello');
    expect(await answer).toMatchObject({ status: 200, text: 'hello' });
  });

  test('a request that is cancelled over HTTP/2 cancels its attempt and leaves the others alone', async () => {
    const endpoint = await resources.startHeld();
    const { session } = await startWithClient(endpoint);
    const cancelled = session.request({ ':path': '/cancelled' }).on('error', () => {});
    const closed = once(await endpoint.first, 'close');
    cancelled.close(http2.constants.NGHTTP2_CANCEL);
    await closed;
    const other = answerTo(session.request({ ':path': '/other' }));
    await until(() => endpoint.held.length, 2);
    endpoint.held[1]?.end('hello');
    expect(await other).toMatchObject({ text: 'hello' });
  });

  test('a client over HTTP/1.1 has the same limits as without HTTP/2', async () => {
    const endpoint = await resources.startSaying('hello');
    const { port, ca } = await startSecured(endpoint, '-client-body-timeout', '50ms', '-keep-alive-timeout', '40s');
    const socket = (await connectSecurely(resources, port, { ca })).setEncoding('utf8');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(String(await once(socket, 'data'))).toMatch(/Keep-Alive: timeout=40\r\n/i);
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell');
    expect((await socket.toArray()).join('')).toMatch(/HTTP\/1\.1 408 Request Timeout/);
  });

  test('a request over HTTP/1.1 that asks for h2c with its body is read', async () => {
    const { port, ca } = await startSecured(await resources.start((req, res) => void req.pipe(res)));
    const socket = (await connectSecurely(resources, port, { ca })).setEncoding('utf8');
    const upgrade = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__';
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\nContent-Length: 5\r\n\r\nhello`);
    expect(String(await once(socket, 'data'))).toMatch(/ 200 OK/);
  });

  test('trailers and early hints reach a client over HTTP/2', async () => {
    const endpoint = await resources.start((_, res) => {
      res.writeEarlyHints({ link: '</style.css>; rel=preload' });
      res.writeHead(200, { Trailer: 'X-Sum' }).write('body');
      res.addTrailers({ 'X-Sum': '42' });
      res.end();
    });
    const { session } = await startWithClient(endpoint);
    const stream = session.request({ ':path': '/' });
    const [[hints], [trailers], { text }] = await Promise.all([
      once(stream, 'headers'),
      once(stream, 'trailers'),
      answerTo(stream),
    ]);
    expect(hints).toMatchObject({ ':status': 103, link: '</style.css>; rel=preload' });
    expect([text, trailers['x-sum']]).toEqual(['body', '42']);
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('a response to %s with %i ends with its head over HTTP/2', async (method, status) => {
    const { session } = await startWithClient(await resources.start((_, res) => void res.writeHead(status).end()));
    const [headers, flags] = await once(session.request({ ':method': method, ':path': '/' }).resume(), 'response');
    expect([headers[':status'], flags & http2.constants.NGHTTP2_FLAG_END_STREAM]).toEqual([status, 1]);
  });

  test('a WebSocket goes over the same port', async () => {
    const { port, ca } = await startSecured(resources.use(await startEcho()));
    const webSocket = new WebSocket(`wss://127.0.0.1:${port}`, { ca });
    resources.use({ close: () => webSocket.terminate() });
    await once(webSocket, 'open');
    webSocket.send('still here');
    expect(String((await once(webSocket, 'message'))[0])).toBe('still here');
  });

  test('nobody is offered a WebSocket over HTTP/2', async () => {
    const { session } = await startWithClient(await resources.startSaying('hello'));
    await answerTo(session.request({ ':path': '/' }));
    expect(session.remoteSettings).toMatchObject({ enableConnectProtocol: false, maxConcurrentStreams: 128 });
  });
});

describe('a client over HTTP/2', () => {
  test('that is idle for -keep-alive-timeout is told to go', async () => {
    const { session } = await startWithClient(await resources.startSaying('hello'), '-keep-alive-timeout', '300ms');
    const gone = once(session, 'goaway');
    expect(await answerTo(session.request({ ':path': '/' }))).toMatchObject({ text: 'hello' });
    expect((await gone).slice(0, 2)).toEqual([http2.constants.NGHTTP2_NO_ERROR, 1]);
    if (!session.destroyed) await once(session, 'close');
  });

  test('that waits for its response is not idle', async () => {
    const endpoint = await resources.startHeld();
    const { session } = await startWithClient(endpoint, '-keep-alive-timeout', '20ms');
    const answer = answerTo(session.request({ ':path': '/' }));
    const held = await endpoint.first;
    const other = await startWithClient(endpoint, '-keep-alive-timeout', '40ms');
    await once(other.session, 'goaway');
    held.end('hello');
    expect(await answer).toMatchObject({ text: 'hello' });
  });

  test('that falls silent in an upload gets 408 and keeps its connection', async () => {
    const { session } = await startWithClient(await resources.startSaying('hello'), '-client-body-timeout', '50ms');
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    stream.write('half');
    expect(await answerTo(stream)).toMatchObject({ status: 408 });
    expect(await answerTo(session.request({ ':path': '/' }))).toMatchObject({ status: 200, text: 'hello' });
  });
});

describe('a stop', () => {
  /** A response that has begun. */
  async function begun(stream: ClientHttp2Stream) {
    const [headers] = await once(stream, 'response');
    return headers;
  }

  test('finishes what is under way over HTTP/2, and tells the client where it ends', async () => {
    const endpoint = await resources.startHeld((res) => res.write('first'));
    const { session, command } = await startWithClient(endpoint, '-hold-time', '0', '-shutdown-timeout', '5s');
    const streams = [1, 2].map((number) => session.request({ ':path': `/${number}` }));
    const texts = streams.map((stream) => answerTo(stream));
    await Promise.all(streams.map(begun));
    const gone = once(session, 'goaway');
    command.signal('SIGTERM');
    expect((await gone).slice(0, 2)).toEqual([http2.constants.NGHTTP2_NO_ERROR, 3]);
    for (const held of endpoint.held) held.end(' and last');
    for (const answer of await Promise.all(texts)) expect(answer.text).toBe('first and last');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('does not wait for a client that is idle and keeps its connection', async () => {
    const { port, ca, command } = await startSecured(await resources.startSaying('hello'), '-shutdown-timeout', '5s');
    const settings = { ca, ALPNProtocols: ['h2'], allowHalfOpen: true };
    const socket = await connectSecurely(resources, port, settings);
    socket.write(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${String.fromCharCode(0, 0, 0, 4, 0, 0, 0, 0, 0)}`);
    await once(socket, 'data');
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('tells a client that asks one thing after the other before its response, while others may still connect', async () => {
    const endpoint = await resources.startHeld();
    const { session, command } = await startWithClient(endpoint, '-shutdown-delay', '1h');
    const answer = answerTo(session.request({ ':path': '/' }));
    const held = await endpoint.first;
    command.signal('SIGTERM');
    const [, last] = await once(session, 'goaway');
    held.end('hello');
    expect([last, (await answer).text]).toEqual([1, 'hello']);
  });

  test('leaves a client that has much under way alone for -shutdown-delay', async () => {
    const held = new Map<string, ServerResponse>();
    const bothAsked = Promise.withResolvers<void>();
    const endpoint = await resources.start(({ url = '' }, res) => {
      if (url === '/later') return void res.end('later');
      if (held.set(url, res).size === 2) bothAsked.resolve();
    });
    const { session, command } = await startWithClient(endpoint, '-shutdown-delay', '1h');
    const answers = ['/1', '/2'].map((path) => answerTo(session.request({ ':path': path })));
    await bothAsked.promise;
    command.signal('SIGTERM');
    await command.line(/leaving/);
    expect(await answerTo(session.request({ ':path': '/later' }))).toMatchObject({ text: 'later' });
    const gone = once(session, 'goaway');
    for (const res of held.values()) res.end('hello');
    for (const answer of await Promise.all(answers)) expect(answer.text).toBe('hello');
    await gone;
  });
});
