import https from 'node:https';
import { createCertificate } from '../../../../shared/certificate.ts';
import { upstreamRequest } from '../../../../src/testing/testing.ts';
import type { Http2Connection } from '../../../../src/transports/http2/connections/connection.ts';
import { Http2Sessions } from '../../../../src/transports/http2/connections/sessions.ts';
import type { UpstreamRequest } from '../../../../src/transports/message/transport.ts';
import { activeResources, surplusOver } from '../../../helpers/leaks.ts';
import { Resources } from '../../../helpers/proxy.ts';
import { answering, refusedUrl } from '../../../helpers/servers.ts';
import { until } from '../../../helpers/until.ts';
import { type RawHttp2Behaviour, type RawHttp2Server, settings, startRawHttp2 } from '../../raw-http2.ts';

const trustingAll = { rejectUnauthorized: false };

describe('Http2Sessions', () => {
  const resources = new Resources();
  let sessions: Http2Sessions;
  beforeEach(() => {
    sessions = resources.use(new Http2Sessions());
  });
  afterEach(() => resources.closeAll());

  const start = async (behaviour?: RawHttp2Behaviour) => resources.use(await startRawHttp2(behaviour));
  const requestFor = ({ url, tls }: Pick<RawHttp2Server, 'url' | 'tls'>, more: Partial<UpstreamRequest> = {}) =>
    upstreamRequest(url, { tls, ...more });
  const connected = async (request: UpstreamRequest): Promise<Http2Connection | undefined> => {
    await sessions.connectionFor(request);
    const connection = sessions.connectionFor(request);
    if (connection instanceof Promise) throw new Error('expected a connection');
    return connection;
  };

  test('gives the connection that is there, and only when its settings are known', async () => {
    const hello = Promise.withResolvers<void>();
    const server = await start({ onConnection: (socket) => void hello.promise.then(() => socket.write(settings(7))) });
    const request = requestFor(server);
    const connecting = sessions.connectionFor(request);
    await until(() => server.sockets.length, 1);
    expect(sessions.connectionFor(request)).toBe(connecting);
    hello.resolve();
    await connecting;
    const connection = sessions.connectionFor(request) as Http2Connection;
    expect(connection.session.remoteSettings.maxConcurrentStreams).toBe(7);
    expect(sessions.connectionFor(request)).toBe(connection);
    expect(server.server.accepted).toBe(1);
  });

  test('gives a connection to no endpoint with another address', async () => {
    const server = await start();
    const request = requestFor(server);
    const first = await connected(request);
    const address = { ...request.address, connectTo: '127.0.0.1' };
    const second = await connected({ ...request, address });
    expect(second).not.toBe(first);
    expect(await connected({ ...request, address: { ...address } })).toBe(second);
    expect(server.server.accepted).toBe(2);
  });

  test('opens another connection when all streams are taken', async () => {
    const server = await start({ onConnection: (socket) => void socket.write(settings(1)) });
    const first = await connected(requestFor(server));
    first?.openStream({ ':path': '/' }, true).on('error', () => {});
    const second = await connected(requestFor(server));
    expect(second).not.toBe(first);
    expect(server.server.accepted).toBe(2);
  });

  test('reports an endpoint that takes no stream at all as one that saw no request, and connects once', async () => {
    const server = await start({ onConnection: (socket) => void socket.write(settings(0)) });
    await expect(connected(requestFor(server))).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
    await server.server.idle();
    expect(server.server.accepted).toBe(1);
  });

  test('forgets a connection that is closed', async () => {
    const server = await start();
    const first = await connected(requestFor(server));
    server.sockets[0]?.end();
    await until(() => first?.session.destroyed, true);
    expect(await connected(requestFor(server))).not.toBe(first);
  });

  test('remembers an endpoint that offers HTTP/1.1 only', async () => {
    const certificate = await createCertificate();
    const server = await resources.listen(https.createServer(certificate, answering(200, 'one')));
    const request = requestFor({ url: server.url.replace('http:', 'https:'), tls: { ca: certificate.cert } });
    expect(await connected(request)).toBeUndefined();
    expect(sessions.connectionFor(request)).toBeUndefined();
    await server.idle();
    expect(server.accepted).toBe(1);
  });

  test('asks an endpoint that was forgotten among many others anew', async () => {
    const certificate = await createCertificate();
    const server = await resources.listen(https.createServer(certificate, answering(200, 'one')));
    const request = requestFor({ url: server.url.replace('http:', 'https:'), tls: { ca: certificate.cert } });
    await connected(request);
    const refused = (await refusedUrl()).replace('http:', 'https:');
    for (let i = 0; i < 300; i++) {
      const { address, ...rest } = upstreamRequest(refused, { tls: request.tls });
      const other = { ...rest, address: { ...address, host: `${i}.example` } };
      await expect(sessions.connectionFor(other)).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
    }
    expect(await connected(request)).toBeUndefined();
    expect(server.accepted).toBe(2);
  });

  test('keeps the connections of as many endpoints as there are', async () => {
    const server = await start();
    const request = requestFor(server);
    const first = await connected(request);
    for (let i = 0; i < 300; i++) {
      const address = { ...request.address, port: 0, host: `${i}.example` };
      await expect(sessions.connectionFor({ ...request, address })).rejects.toThrow();
    }
    expect(sessions.connectionFor(request)).toBe(first);
  });

  test('waits for the settings no longer than for the connection, and starts over then', async () => {
    let isSilent = true;
    const server = await start({ onConnection: (socket) => void (isSilent || socket.write(settings())) });
    const request = requestFor(server, { connectMs: 100 });
    await expect(sessions.connectionFor(request)).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT_TIMEOUT' });
    await server.server.idle();
    isSilent = false;
    expect(await connected(request)).toBeDefined();
  });

  test.each<[string, RawHttp2Behaviour]>([
    ['closes the connection', { onConnection: (socket) => void socket.destroy() }],
    [
      'speaks something else',
      { onConnection: (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n'.repeat(9)) },
    ],
  ])('reports an endpoint that %s before its settings as one that saw no request', async (_, behaviour) => {
    const server = await start(behaviour);
    await expect(sessions.connectionFor(requestFor(server))).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
  });

  test.each([
    ['within its TLS handshake', async () => resources.startTcp((socket) => void socket.resume())],
    ['before its settings', async () => (await start({ onConnection: () => {} })).server],
  ])('closes a connection %s with close()', async (_, startServer) => {
    const server = await startServer();
    const request = upstreamRequest(server.url.replace('http:', 'https:'), { tls: trustingAll, connectMs: Infinity });
    const connecting = sessions.connectionFor(request);
    await until(() => server.sockets.size, 1);
    sessions.close();
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
    await server.idle();
  });

  test('closes a connection that is idle with close()', async () => {
    const server = await start();
    await connected(requestFor(server));
    sessions.close();
    await server.server.idle();
  });

  test('keeps no process alive with a connection that nobody uses', async () => {
    const server = await start();
    const before = activeResources();
    await connected(requestFor(server));
    // The endpoint's side of it lives in this process, too.
    for (const socket of server.sockets) socket.unref();
    expect(await surplusOver(before)).toEqual({});
  });
});
