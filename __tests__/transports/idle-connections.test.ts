import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { gotTransport, nodeTransport, type Transport } from '../../src/index.ts';
import { upstreamRequest } from '../../src/testing/testing.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { answering } from '../helpers/servers.ts';
import { turns } from '../helpers/turns.ts';

const resources = leakCheckedResources();
const testOnLinux = process.platform === 'linux' ? test : test.skip;

describe.each([
  ['gotTransport()', gotTransport],
  ['nodeTransport()', nodeTransport],
  ['undiciTransport()', undiciTransport],
])('%s', (_, create) => {
  const send = async (transport: Transport, url: string) =>
    text((await transport.send(upstreamRequest(url), new AbortController().signal)).body);

  testOnLinux('leaves no connection to 300 endpoints that were asked once', async () => {
    const server = await resources.start(answering(200, 'ok'), { host: '0.0.0.0' });
    const transport = resources.use(create({ keepAliveTimeoutMs: 500 }));
    const urls = Array.from({ length: 300 }, (_, i) => `http://127.0.${1 + (i >> 7)}.${i & 127}:${server.port}`);
    for (const url of urls) expect(await send(transport, url)).toBe('ok');
    expect(server.accepted).toBe(300);
    await server.idle();
  });

  test('closes an idle connection before the endpoint does, as `Keep-Alive` says', async () => {
    const server = await resources.start(answering(200, 'ok', { 'Keep-Alive': 'timeout=1' }));
    const transport = resources.use(create({ keepAliveTimeoutMs: 3_600_000 }));
    expect(await send(transport, server.url)).toBe('ok');
    await server.idle();
  });

  test('keeps an idle connection for longer where the endpoint says that it does', async () => {
    const patient = await resources.start(answering(200, 'ok', { 'Keep-Alive': 'timeout=60' }));
    const other = await resources.start(answering(200, 'ok'));
    const transport = resources.use(create({ keepAliveTimeoutMs: 20 }));
    for (const { url } of [patient, other]) expect(await send(transport, url)).toBe('ok');
    await other.idle();
    expect(patient.sockets.size).toBe(1);
  });

  test.each([
    ['a POST over a fresh connection when the one that there is has been idle for a second', 'POST', {}, 1_001, 2],
    ['a POST over the one that there is before that', 'POST', {}, 900, 1],
    ['what can be sent twice over the one that there is', 'PUT', {}, 3_000, 1],
    ['a POST over one whose endpoint says that it keeps it', 'POST', { 'Keep-Alive': 'timeout=9' }, 3_000, 1],
  ])('sends %s', async (_, method, headers, idleMs, accepted) => {
    const server = await resources.start(answering(200, 'ok', headers));
    const transport = resources.use(create());
    expect(await send(transport, server.url)).toBe('ok');
    await turns(3);
    const now = performance.now.bind(performance);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + idleMs);
    const { body } = await transport.send(upstreamRequest(server.url, { method }), new AbortController().signal);
    expect(await text(body)).toBe('ok');
    clock.mockRestore();
    expect(server.accepted).toBe(accepted);
  });

  test('leaves a connection alone that is in use again, however long its endpoint takes', async () => {
    const server = await resources.start((req, res) => later(req.method === 'PUT' ? 100 : 0, () => res.end('ok')));
    const transport = resources.use(create({ keepAliveTimeoutMs: 30 }));
    for (const method of ['GET', 'PUT', 'PUT']) {
      const { body } = await transport.send(upstreamRequest(server.url, { method }), new AbortController().signal);
      expect(await text(body)).toBe('ok');
      await turns(3);
    }
    expect(server.accepted).toBe(1);
    await server.idle();
  });
});
