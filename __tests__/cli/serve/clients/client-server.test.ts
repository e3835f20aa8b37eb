import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { createCertificate } from '../../../../shared/certificate.ts';
import { createTicketKeys } from '../../../../src/cli/config/certificate.ts';
import { parseFlags } from '../../../../src/cli/flags/parse-flags.ts';
import { createClientServer } from '../../../../src/cli/serve/clients/client-server.ts';
import { Resources, request } from '../../../helpers/proxy.ts';
import { answerTo, connectHttp2 } from '../../secured.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const echo: RequestListener = (req, res) => void req.pipe(res);
const upload = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';

function createServer(listener: RequestListener, ...flags: readonly string[]) {
  const { values } = parseFlags(['-e', 'http://a.example', ...flags], {});
  return createClientServer({ values, certificate: undefined }, listener);
}

/** Serves what clients send to this listener. */
async function serve(listener: RequestListener, ...flags: readonly string[]) {
  return await resources.listen(createServer(listener, ...flags));
}

/** A connection on which this was sent already. */
async function connect(port: number, sent: string): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1').setEncoding('utf8');
  resources.use({ close: () => socket.destroy() });
  await once(socket, 'connect');
  socket.write(sent);
  return socket;
}

async function readOn(socket: net.Socket): Promise<string> {
  return (await socket.toArray()).join('');
}

/** Lets -client-body-timeout pass for silent clients, more than twice. */
async function exceedLimit(port: number): Promise<void> {
  for (let i = 0; i < 3; i++) await readOn(await connect(port, upload.replace('/', '/silent')));
}

describe('an upload', () => {
  test('may take as long as it likes, other than a head', () => {
    const { requestTimeout, headersTimeout } = createServer(echo);
    expect({ requestTimeout, headersTimeout }).toEqual({ requestTimeout: 0, headersTimeout: 60_000 });
  });

  test('of a client that falls silent ends with 408 after -client-body-timeout', async () => {
    const { port } = await serve((req) => void req.resume(), '-client-body-timeout', '20ms');
    const socket = await connect(port, `${upload}hell`);
    expect(await readOn(socket)).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  });

  test('of a client that falls silent is cut when its response has begun', async () => {
    const { port } = await serve(echo, '-client-body-timeout', '20ms');
    const socket = await connect(port, `${upload}hell`);
    const text = await readOn(socket);
    expect(text).toMatch(/^HTTP\/1.1 200 OK.*hell\r\n$/s);
  });

  test('of a client that was answered before and falls silent does not keep its connection', async () => {
    const { port } = await serve((_, res) => void res.end('enough'), '-client-body-timeout', '20ms');
    expect(await readOn(await connect(port, `${upload}hell`))).toMatch(/^HTTP\/1.1 200 OK.*enough$/s);
  });

  test('that is slow is not silent', async () => {
    const { port } = await serve(
      (req, res) => void req.resume().on('end', () => res.end('whole')),
      '-client-body-timeout',
      '200ms',
    );
    const silent = await connect(port, upload);
    const slow = await connect(port, upload.replace('Content-Length: 5', 'Transfer-Encoding: chunked'));
    const writing = setInterval(() => slow.write('1\r\nx\r\n'), 10);
    expect(await readOn(silent)).toMatch('408');
    clearInterval(writing);
    slow.write('0\r\n\r\n');
    expect(String((await once(slow, 'data'))[0])).toMatch(/ 200 OK.*whole/s);
  });

  test('that is not read is not silent, however long it waits', async () => {
    const waiting = Promise.withResolvers<() => void>();
    const { url, port } = await serve(
      (req, res) => {
        if (req.url === '/silent') return void req.resume();
        waiting.resolve(() => void req.pipe(res));
      },
      '-client-body-timeout',
      '20ms',
    );
    const body = Buffer.alloc(1_000_000, 'x');
    const response = request(url, { method: 'POST', body });
    const goOn = await waiting.promise;
    await exceedLimit(port);
    goOn();
    expect((await response).body.equals(body)).toBe(true);
  });

  test('behind another request on the same connection does not cut the response to that', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const { port } = await serve(
      (req, res) => {
        req.resume();
        if (req.url === '/held') held.resolve(res);
      },
      '-client-body-timeout',
      '20ms',
    );
    const socket = await connect(port, `GET /held HTTP/1.1\r\nHost: a\r\n\r\n${upload}`);
    const res = await held.promise;
    await exceedLimit(port);
    res.end('hello');
    expect(await readOn(socket)).toMatch(/^HTTP\/1.1 200 OK.*hello.*HTTP\/1.1 408 /s);
  });

  test('leaves no limit to what comes after it on its connection', async () => {
    const { port } = await serve(
      (req, res) => {
        if (req.url === '/held') held.resolve(res);
        else if (req.url !== '/silent') req.pipe(res);
      },
      '-client-body-timeout',
      '20ms',
    );
    const held = Promise.withResolvers<ServerResponse>();
    const socket = await connect(port, `${upload}hello`);
    await once(socket, 'data');
    socket.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
    const res = await held.promise;
    await exceedLimit(port);
    res.end('late');
    expect(String((await once(socket, 'data'))[0])).toMatch(/ 200 OK.*late/s);
  });

  test('is read although its client asks for an upgrade', async () => {
    const server = createServer(echo);
    server.on('upgrade', (_, socket) => socket.destroy());
    const { url } = await resources.listen(server);
    const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' };
    expect(await request(url, { method: 'POST', body: 'hello', headers })).toMatchObject({
      status: 200,
      text: 'hello',
    });
    expect(await request(url, { method: 'POST', body: [Buffer.from('hello')], headers })).toMatchObject({
      text: 'hello',
    });
  });
});

describe('an upload over HTTP/2', () => {
  /** A request over HTTP/2 whose body is still to come, and its connection. */
  async function upload(listener: RequestListener) {
    const { values } = parseFlags(['-e', 'http://a.example', '-client-body-timeout', '100ms'], {});
    const certificate = { ...(await createCertificate()), ticketKeys: createTicketKeys() };
    const { port } = await resources.listen(createClientServer({ values, certificate }, listener));
    const session = await connectHttp2(resources, port, certificate.cert);
    return { session, port, stream: session.request({ ':method': 'POST', ':path': '/' }) };
  }

  test('that falls silent behind the head of its response is broken off', async () => {
    const { stream } = await upload((req, res) => void req.pipe(res));
    stream.write('hell');
    await once(stream.resume(), 'aborted');
    expect(stream.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
  });

  test('that is not read is not silent, however long it waits', async () => {
    const waiting = Promise.withResolvers<() => void>();
    const { stream, session } = await upload((req, res) => {
      if (req.url === '/silent') return void req.resume();
      waiting.resolve(() => void req.pipe(res));
    });
    const body = Buffer.alloc(500_000, 'x');
    const answer = answerTo(stream);
    stream.end(body);
    const goOn = await waiting.promise;
    for (let i = 0; i < 3; i++) {
      const silent = session.request({ ':method': 'POST', ':path': '/silent' });
      silent.write('hell');
      expect(await answerTo(silent)).toMatchObject({ status: 408 });
    }
    goOn();
    expect((await answer).text).toBe(String(body));
  });
});
