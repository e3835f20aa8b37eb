import dns, { type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { createCertificate } from '../../shared/certificate.ts';
import { parseAddress } from '../../src/endpoints/address.ts';
import type { Transport, UpstreamRequest } from '../../src/index.ts';
import { startBusy } from '../helpers/busy-server.ts';
import { activeResources } from '../helpers/leaks.ts';
import { Resources } from '../helpers/proxy.ts';
import {
  answering,
  hanging,
  listen,
  type Place,
  refusedUrl,
  secondLoopback,
  startHttp,
  startTcp,
} from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

/** What no transport can send, by what is wrong with it. */
export const unsendable: ReadonlyArray<[what: string, request: Partial<UpstreamRequest>]> = [
  ['a space in the target', { target: '/a b' }],
  ['a character in the target', { target: '/\u20ac' }],
  ['a control character in the target', { target: '/\x01' }],
  ['a method that is no word', { method: 'F O' }],
  ['a control character in a header', { headers: ['Host', 'h', 'X-A', 'a\x01b'] }],
  ['a character in a header', { headers: ['Host', 'h', 'X-A', '\u20ac'] }],
  ['a header whose name is no word', { headers: ['Host', 'h', 'X A', 'a'] }],
];

/** A request for the root of an endpoint, which may be at another address than its host name says. */
export function requestTo(
  url: string,
  { connectTo, ...more }: Partial<UpstreamRequest> & { readonly connectTo?: string } = {},
): UpstreamRequest {
  const address = parseAddress({ url: new URL(url), address: connectTo });
  return {
    address,
    method: 'GET',
    target: '/',
    headers: ['Host', address.host],
    body: undefined,
    connectMs: 1_000,
    idleMs: Infinity,
    tls: undefined,
    freshConnection: false,
    ...more,
  };
}

const testOnLinux = process.platform === 'linux' ? test : test.skip;

/** What every transport has to do; a transport's own test file runs it. */
export function describeTransport(name: string, create: () => Transport): void {
  const resources = new Resources();
  let transport: Transport;
  beforeEach(() => {
    transport = resources.use(create());
  });
  afterEach(() => resources.closeAll());

  const send = (url: string, more?: Parameters<typeof requestTo>[1], signal = new AbortController().signal) =>
    transport.send(requestTo(url, more), signal);
  /** A transport may wait a turn to see whether the endpoint closes the connection before it uses it again. */
  const becomingIdle = async () => {
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  };
  const textOf = async (body: AsyncIterable<unknown>) => {
    let text = '';
    for await (const chunk of body) text += chunk;
    return text;
  };
  const start = async (listener: RequestListener) => resources.use(await startHttp(listener));

  /** A TCP server that keeps the bytes it gets and answers every head with this response. */
  const startRaw = async (response: string) => {
    let bytes = '';
    const server = resources.use(
      await startTcp((socket) => {
        socket.on('data', (chunk) => {
          bytes += chunk.toString('latin1');
          if (response !== '') socket.write(response, 'latin1');
          else socket.end();
        });
      }),
    );
    return { url: server.url, bytes: () => bytes };
  };
  /** The case of `Host`, which we send anew, is the transport's own affair, and so is where it puts `Connection`. */
  const withPlainHost = (head: string) => head.replace(/^host:/im, 'Host:').replace(/^connection:.*\r\n/im, '');
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  describe(name, () => {
    test.each<[string, Partial<UpstreamRequest>, string]>([
      ['a plain GET', {}, 'GET / HTTP/1.1\r\nHost: HOST\r\n'],
      [
        'a target that a URL parser would change',
        { target: '/a/../b//%2e?x=|"<>\\z' },
        'GET /a/../b//%2e?x=|"<>\\z HTTP/1.1\r\n',
      ],
      [
        'bytes above 127',
        { target: '/\u00e9', headers: ['Host', 'h', 'X-Byte', '\u00ff'] },
        'GET /\u00e9 HTTP/1.1\r\nHost: h\r\nX-Byte: \u00ff\r\n',
      ],
      [
        'header case, order and repeats',
        { headers: ['hOST', 'h', 'X-b', '1', 'x-A', '2', 'X-b', '3'] },
        'GET / HTTP/1.1\r\nhOST: h\r\nX-b: 1\r\nx-A: 2\r\nX-b: 3\r\n',
      ],
      ['the asterisk form', { method: 'OPTIONS', target: '*' }, 'OPTIONS * HTTP/1.1\r\n'],
    ])('sends %s as it is', async (_, more, expected) => {
      const server = await startRaw(ok);
      const headers = more.headers ?? requestTo(server.url).headers;
      const { body } = await send(server.url, { ...more, headers });
      await textOf(body);
      expect(withPlainHost(server.bytes())).toContain(
        withPlainHost(expected.replace('HOST', new URL(server.url).host)),
      );
    });

    test('adds no header of its own but Connection', async () => {
      const server = await startRaw(ok);
      await textOf((await send(server.url)).body);
      const names = server
        .bytes()
        .split('\r\n')
        .slice(1)
        .filter(Boolean)
        .map((line) => line.split(':')[0]?.toLowerCase());
      expect(names.filter((header) => header !== 'connection' && header !== 'keep-alive')).toEqual(['host']);
    });

    test.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'PROPFIND', 'QUERY'])(
      'sends %s without a body without framing headers of its own',
      async (method) => {
        const server = await startRaw(method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' : ok);
        await textOf((await send(server.url, { method })).body);
        expect(server.bytes()).not.toMatch(/transfer-encoding/i);
        expect(server.bytes()).not.toMatch(/content-length: [1-9]/i);
        expect(server.bytes()).toMatch(/\r\n\r\n$/);
      },
    );

    test.each(['POST', 'GET', 'DELETE', 'QUERY', 'PATCH'])('sends the body of a %s byte for byte', async (method) => {
      const sent = Buffer.alloc(300_000, 'body');
      const server = await start(async (req, res) => {
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk as Buffer);
        res.end(String(Buffer.concat(chunks).equals(sent)));
      });
      const headers = ['Host', 'h', 'Content-Length', String(sent.length)];
      expect(await textOf((await send(server.url, { method, headers, body: sent })).body)).toBe('true');
    });

    test('sends an empty body with its Content-Length', async () => {
      const server = await startRaw(ok);
      await send(server.url, { method: 'POST', headers: ['Host', 'h', 'Content-Length', '0'], body: Buffer.alloc(0) });
      expect(server.bytes()).toMatch(/content-length: 0\r\n/i);
    });

    test.each(['HTTP/1.1 200 ', 'HTTP/1.1 200'])('gives the empty reason phrase of %j as it came', async (line) => {
      const server = await startRaw(`${line}\r\nContent-Length: 0\r\n\r\n`);
      expect((await send(server.url)).statusText).toBe('');
    });

    test('gives status, reason phrase, headers with case and repeats, and trailers', async () => {
      const server = await startRaw(
        'HTTP/1.1 299 Fine Indeed\r\nX-B: 1\r\nx-a: \u00ff\r\nX-B: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: t\r\n\r\n',
      );
      const response = await send(server.url);
      expect([response.status, response.statusText]).toEqual([299, 'Fine Indeed']);
      expect(response.headers.slice(0, 6)).toEqual(['X-B', '1', 'x-a', '\u00ff', 'X-B', '2']);
      expect(await textOf(response.body)).toBe('ok');
      expect(response.trailers()).toEqual(['X-T', 't']);
    });

    test('neither follows a redirect nor decompresses nor rejects a bad status', async () => {
      const server = await start((_, res) =>
        res.writeHead(302, { Location: '/x', 'Content-Encoding': 'gzip' }).end('raw'),
      );
      const response = await send(server.url);
      expect([response.status, await textOf(response.body)]).toEqual([302, 'raw']);
      const failing = await start(answering(503, 'no'));
      expect((await send(failing.url)).status).toBe(503);
    });

    test.each([204, 304])('ends the body of a %i at once whatever its headers say', async (status) => {
      const server = await startRaw(`HTTP/1.1 ${status} X\r\n${status === 304 ? 'Content-Length: 5\r\n' : ''}\r\n`);
      expect(await textOf((await send(server.url)).body)).toBe('');
    });

    test('uses a connection again', async () => {
      const server = await start(answering(200, 'ok'));
      for (let i = 0; i < 3; i++) {
        await textOf((await send(server.url)).body);
        await becomingIdle();
      }
      expect(server.accepted).toBe(1);
    });

    test('uses a fresh connection when asked to', async () => {
      const server = await start(answering(200, 'ok'));
      await textOf((await send(server.url)).body);
      await textOf((await send(server.url, { freshConnection: true })).body);
      expect(server.accepted).toBe(2);
    });

    test('reports a connection that is refused as one that never reached the endpoint', async () => {
      await expect(send(await refusedUrl())).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
    });

    test.each(unsendable)('reports what cannot be sent as such, and asks nobody: %s', async (_, more) => {
      const server = await start(answering(200, 'ok'));
      for (const freshConnection of [false, true]) {
        await expect(send(server.url, { ...more, freshConnection })).rejects.toMatchObject({
          code: 'ERR_BRP_UNSENDABLE',
        });
      }
      expect(server.accepted).toBe(0);
    });

    test('reports a name without an address as one that never reached the endpoint', async () => {
      await expect(send('http://no-such-host.invalid')).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
    });

    test('asks once for a name that does not answer, and gives up in time on all requests that need it', async () => {
      let fail: (error: Error) => void = () => {};
      const keepSilent = (_name: string, _options: object, done: typeof fail) => {
        fail = done;
      };
      const silent = jest.spyOn(dns, 'lookup').mockImplementation(keepSilent as never);
      const name = `silent-${performance.now()}.example`;
      const sending = Array.from({ length: 5 }, () => send(`http://${name}`, { connectMs: 30 }));
      for (const each of sending) await expect(each).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT_TIMEOUT' });
      expect(silent.mock.calls.map(([asked]) => asked)).toEqual([name]);
      silent.mockRestore();
      fail(new Error('no answer'));
      const server = await start(answering(200, 'ok'));
      expect(await textOf((await send(server.url.replace('127.0.0.1', 'localhost'))).body)).toBe('ok');
    });

    test.each<[string, (abort: AbortController) => unknown]>([
      ['is cancelled', (abort) => abort.abort()],
      ['is cancelled for no reason', (abort) => abort.abort(null)],
      ['has its transport closed', () => transport.close()],
    ])('leaves no connection behind that is being opened for a request that %s', async (_, end) => {
      const silent = resources.use(await startTcp((socket) => void socket.resume()));
      const before = activeResources().Timeout ?? 0;
      const abort = new AbortController();
      const url = silent.url.replace('http://127.0.0.1', 'https://localhost');
      const sending = send(url, { connectMs: 60_000 }, abort.signal).catch(() => {});
      await until(() => silent.sockets.size, 1);
      await end(abort);
      await sending;
      await transport.close();
      await silent.idle();
      expect(activeResources().Timeout ?? 0).toBeLessThanOrEqual(before);
    });

    testOnLinux(
      'lets `connectMs` alone decide when a name has an address that is slow and another that is no help',
      async () => {
        const server = resources.use(await startBusy());
        const found: LookupAddress[] = [
          { address: '127.0.0.1', family: 4 },
          { address: '::1', family: 6 },
        ];
        const isAsked = Promise.withResolvers<void>();
        const resolve = (_name: string, _options: object, done: (error: null, addresses: LookupAddress[]) => void) => {
          isAsked.resolve();
          process.nextTick(done, null, found);
        };
        const spy = jest.spyOn(dns, 'lookup').mockImplementation(resolve as never);
        const sending = send(`http://slow-${performance.now()}.example:${server.port}`, { connectMs: 20_000 });
        await isAsked.promise;
        await becomingIdle();
        spy.mockRestore();
        server.goOn();
        expect(await textOf((await sending).body)).toBe('ok');
      },
    );

    test('gives up on a connection that is not set up in time', async () => {
      // The backlog of a listener that accepts nothing is not fillable everywhere; a TLS handshake that hangs is.
      const silent = resources.use(await startTcp((socket) => void socket.resume()));
      const sending = send(silent.url.replace('http', 'https'), { connectMs: 30 });
      await expect(sending).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT_TIMEOUT' });
      await silent.idle();
    });

    test('reports a connection that is closed without an answer as lost', async () => {
      await expect(send((await startRaw('')).url)).rejects.toMatchObject({ code: 'ERR_BRP_CONNECTION_LOST' });
    });

    test.each([
      'SSH-2.0-OpenSSH\r\n\r\n',
      'HTTP/1.1 2x0 OK\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
    ])('reports garbage as a bad response: %j', async (garbage) => {
      await expect(send((await startRaw(garbage)).url)).rejects.toMatchObject({ code: 'ERR_BRP_BAD_RESPONSE' });
    });

    test('reports a kept-alive connection that the endpoint closes on reuse as stale', async () => {
      let requests = 0;
      const server = resources.use(
        await startTcp((socket) => {
          socket.on('data', () => (++requests === 1 ? socket.write(ok) : socket.destroy()));
        }),
      );
      await textOf((await send(server.url)).body);
      await becomingIdle();
      await expect(send(server.url)).rejects.toMatchObject({ code: 'ERR_BRP_STALE_CONNECTION' });
    });

    test.each([
      ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
      ['that is chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ])('never ends a body %s that is cut short', async (_, bytes) => {
      const server = resources.use(await startTcp((socket) => void socket.once('data', () => socket.end(bytes))));
      const { body } = await send(server.url);
      await expect(textOf(body)).rejects.toThrow();
    });

    test('cancels before the head with the reason of the signal and closes the connection', async () => {
      const asked = Promise.withResolvers<void>();
      const server = await start(() => asked.resolve());
      const abort = new AbortController();
      const sending = send(server.url, {}, abort.signal);
      await asked.promise;
      abort.abort(new Error('enough'));
      await expect(sending).rejects.toThrow('enough');
      await server.idle();
    });

    test('cancels in the turn in which it was sent, whatever the reason', async () => {
      const unhandled: unknown[] = [];
      const onUnhandled = (reason: unknown) => void unhandled.push(reason);
      process.on('unhandledRejection', onUnhandled);
      const server = await start(hanging);
      for (const turns of [0, 1, 2, 3, 5, 8]) {
        const abort = new AbortController();
        const sending = send(server.url, {}, abort.signal);
        for (let turn = 0; turn < turns; turn++) await undefined;
        abort.abort();
        await expect(sending).rejects.toBe(abort.signal.reason);
      }
      // A connection that comes too late may be kept for the next request.
      await becomingIdle();
      await transport.close();
      await server.idle();
      process.off('unhandledRejection', onUnhandled);
      expect(unhandled).toEqual([]);
    });

    test('cancels within the body', async () => {
      const server = await start((_, res) => void res.write('first'));
      const abort = new AbortController();
      const { body } = await send(server.url, {}, abort.signal);
      abort.abort();
      await new Promise((resolve) => body.once('close', resolve));
      await server.idle();
    });

    test('sends nothing for a signal that has fired already', async () => {
      const server = await start(hanging);
      await expect(send(server.url, {}, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
      expect(server.accepted).toBe(0);
    });

    test('leaves no listener on the signal when the body has ended', async () => {
      const isAwaited = Promise.withResolvers<void>();
      const server = await start((_, res) => {
        res.write('first');
        void isAwaited.promise.then(() => res.end());
      });
      const { signal } = new AbortController();
      let listeners = 0;
      const count = (by: number, original: (...args: never[]) => unknown) =>
        function counted(this: AbortSignal, ...args: never[]) {
          listeners += by;
          return original.apply(this, args);
        };
      Object.assign(signal, {
        addEventListener: count(1, signal.addEventListener as never),
        removeEventListener: count(-1, signal.removeEventListener as never),
      });
      const { body } = await send(server.url, {}, signal);
      expect(listeners).toBe(1);
      isAwaited.resolve();
      body.resume();
      await once(body, 'close');
      expect(listeners).toBe(0);
    });

    test('reaches a Unix socket', async () => {
      const path = join(tmpdir(), `transport-${process.pid}-${Date.now()}.sock`);
      const server = http.createServer(answering(200, 'over the socket')).listen(path);
      await once(server, 'listening');
      resources.use({ close: () => new Promise((resolve) => server.close(resolve)) });
      const { body } = await send(`http+unix://${encodeURIComponent(path)}/`);
      expect(await textOf(body)).toBe('over the socket');
      await transport.close();
    });

    describe('with an address', () => {
      /** Two endpoints with the same URL, at two addresses, that say which one they are. */
      const startTwo = async (create: (answer: RequestListener) => Server = http.createServer) => {
        const startOne = async (text: string, place?: Place) =>
          resources.use(await listen(create(answering(200, text)), place));
        const first = await startOne('first');
        const second = await startOne('second', { host: secondLoopback, port: first.port });
        return { port: first.port, first, second };
      };
      const { freshConnection, upgrade } = {
        freshConnection: { freshConnection: true },
        upgrade: { headers: ['Host', 'h', 'Connection', 'Upgrade', 'Upgrade', 'none'] },
      };

      test.each<[string, Partial<UpstreamRequest>]>([
        ['a request', {}],
        ['a request over a fresh connection', freshConnection],
        ['a request for an upgrade', upgrade],
        ['the asterisk form', { method: 'OPTIONS', target: '*' }],
      ])('sends %s there, whatever the host name resolves to', async (_, more) => {
        const { port } = await startTwo();
        for (const url of [`http://no-such-host.invalid:${port}`, `http://localhost:${port}`]) {
          expect(await textOf((await send(url, { ...more, connectTo: '127.0.0.1' })).body)).toBe('first');
          expect(await textOf((await send(url, { ...more, connectTo: secondLoopback })).body)).toBe('second');
        }
      });

      test('shares no connection between endpoints with the same URL, and uses their own again', async () => {
        const { port, first, second } = await startTwo();
        const ask = async (connectTo: string) => {
          const { body } = await send(`http://localhost:${port}`, { connectTo });
          const text = await textOf(body);
          await becomingIdle();
          return text;
        };
        for (let i = 0; i < 3; i++) {
          expect(await ask('127.0.0.1')).toBe('first');
          expect(await ask(secondLoopback)).toBe('second');
        }
        expect([first.accepted, second.accepted]).toEqual([1, 1]);
      });

      test('reports one that is refused as one that never reached the endpoint, though the name leads to it', async () => {
        const server = await start(answering(200, 'ok'));
        const sending = send(server.url.replace('127.0.0.1', 'localhost'), { connectTo: secondLoopback });
        await expect(sending).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
      });

      test.each([
        ['a kept-alive connection', {}],
        ['a fresh connection', freshConnection],
        ['a connection for an upgrade', upgrade],
        ['a connection with the Host of the client', { headers: ['Host', 'client.example'] }],
      ])('checks the certificate for the name of the URL, on %s', async (_, more) => {
        const certificate = await createCertificate('api.internal');
        const names: unknown[] = [];
        const { port, first } = await startTwo((answer) =>
          https.createServer(certificate, answer).on('secureConnection', (socket) => names.push(socket.servername)),
        );
        const tls = { ca: certificate.cert };
        for (const connectTo of ['127.0.0.1', secondLoopback]) {
          const { body } = await send(`https://api.internal:${port}`, { ...more, tls, connectTo });
          expect(await textOf(body)).toBe(connectTo === '127.0.0.1' ? 'first' : 'second');
        }
        expect(names).toEqual(['api.internal', 'api.internal']);
        // It is for 127.0.0.1, too, which must not matter.
        const wrong = send(`https://localhost:${port}`, { ...more, tls, connectTo: '127.0.0.1' });
        await expect(wrong).rejects.toMatchObject({
          code: 'ERR_BRP_CONNECT',
          message: expect.stringContaining('altnames'),
        });
        expect(first.accepted).toBe(2);
      });

      test.each([
        ['a kept-alive connection', {}],
        ['a fresh connection', freshConnection],
        ['a connection for an upgrade', upgrade],
      ])('leaves the final dot out of the name that TLS asks for, but not out of Host, on %s', async (_, more) => {
        const certificate = await createCertificate('api.internal');
        const names: unknown[] = [];
        const server = resources.use(
          await listen(
            https
              .createServer(certificate, (req, res) => void res.end(req.headers.host))
              .on('secureConnection', (socket) => names.push(socket.servername)),
          ),
        );
        const host = `api.internal.:${server.port}`;
        const tls = { ca: certificate.cert };
        const { body } = await send(`https://${host}`, {
          headers: ['Host', host],
          ...more,
          tls,
          connectTo: '127.0.0.1',
        });
        expect(await textOf(body)).toBe('headers' in more ? 'h' : host);
        expect(names).toEqual(['api.internal']);
      });

      test.each([
        ['a request', {}],
        ['a request over a fresh connection', freshConnection],
      ])(
        'checks the certificate for the IP address of the URL, which is no name to ask for, on %s',
        async (_, more) => {
          const certificate = await createCertificate('127.0.0.9');
          const names: unknown[] = [];
          const server = resources.use(
            await listen(
              https
                .createServer(certificate, answering(200, 'ok'))
                .on('secureConnection', (socket) => names.push(socket.servername)),
              { host: secondLoopback },
            ),
          );
          const settings = { ...more, tls: { ca: certificate.cert }, connectTo: secondLoopback };
          // 127.0.0.1 is what the certificate is for.
          const right = await send(`https://127.0.0.1:${server.port}`, settings);
          expect(await textOf(right.body)).toBe('ok');
          await becomingIdle();
          await expect(send(`https://127.0.0.3:${server.port}`, settings)).rejects.toMatchObject({
            code: 'ERR_BRP_CONNECT',
            message: expect.stringContaining('altnames'),
          });
          expect(names[0]).toBe(false);
        },
      );

      test('resumes the TLS session of its own endpoint', async () => {
        const certificate = await createCertificate();
        const resumed: boolean[] = [];
        const { port } = await startTwo((answer) =>
          https
            .createServer(certificate, (req, res) => answer(req, res.setHeader('Connection', 'close')))
            .on('secureConnection', (socket) => resumed.push(socket.isSessionReused())),
        );
        const tls = { ca: certificate.cert };
        for (const connectTo of ['127.0.0.1', secondLoopback, '127.0.0.1', secondLoopback]) {
          const { body } = await send(`https://localhost:${port}`, { tls, connectTo });
          expect(await textOf(body)).toBe(connectTo === '127.0.0.1' ? 'first' : 'second');
          await becomingIdle();
        }
        expect(resumed).toEqual([false, false, true, true]);
      });
    });

    test('speaks TLS and verifies the certificate', async () => {
      const certificate = await createCertificate();
      const server = https.createServer(certificate, answering(200, 'secret')).listen(0, '127.0.0.1');
      await once(server, 'listening');
      resources.use({ close: () => new Promise((resolve) => server.close(resolve)) });
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await expect(send(url)).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
      for (const tls of [{ ca: certificate.cert }, { rejectUnauthorized: false }]) {
        expect(await textOf((await send(url, { tls })).body)).toBe('secret');
        expect(await textOf((await send(url, { tls, freshConnection: true })).body)).toBe('secret');
      }
      await transport.close();
    });
  });
}
