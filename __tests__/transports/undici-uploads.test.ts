import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { upstreamRequest } from '../../src/testing/testing.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { Resources, readAll } from '../helpers/proxy.ts';
import { head } from '../helpers/raw.ts';
import { type Child, startChild } from '../soak/child.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

let endpoints: Child;
beforeAll(async () => {
  endpoints = await startChild('../e2e/early-endpoints-process.ts');
});
afterAll(() => endpoints.close());

/** One object for all requests: those with the same one share connections. */
const tls = { rejectUnauthorized: false };

describe.each(['http', 'https'])('over %s, a connection that undici uses for one request after the other', (scheme) => {
  const start = () => {
    const sockets: Socket[] = [];
    const onConnected = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
    subscribe('undici:client:connected', onConnected);
    resources.use({ close: () => unsubscribe('undici:client:connected', onConnected) });
    const transport = resources.use(undiciTransport({ connections: 1 }));
    const url = (endpoints.hello as Record<string, string>)[`${scheme} takes all`] ?? '';
    const send = async (size: number): Promise<number> => {
      const headers = ['Host', 'h', ...(size > 0 ? ['Content-Length', String(size)] : [])];
      const body = size > 0 ? Buffer.alloc(size) : undefined;
      const request = upstreamRequest(url, {
        method: size > 0 ? 'POST' : 'GET',
        headers,
        body,
        tls,
      });
      const { body: received } = await transport.send({ ...request, idleMs: 60_000 }, new AbortController().signal);
      return Number((await readAll(received as never)).text);
    };
    const left = () =>
      sockets.map((socket) => [socket.timeout ?? 0, socket.listenerCount('timeout'), socket.listenerCount('drain')]);
    return { send, left };
  };

  test('keeps nothing of them', async () => {
    const { send, left } = start();
    const sizes = [0, 0, 0, 40_000, 0, 1_000, 20_000, 0];
    for (const size of [...sizes, ...sizes]) expect(await send(size)).toBe(size);
    expect(left()).toEqual([[0, 0, 0]]);
  });

  test('cuts no upload for the sake of an earlier one', async () => {
    const { send } = start();
    for (const size of [0, 40_000, 0, 12_000_000]) expect(await send(size)).toBe(size);
  });
});

test('no request goes behind the rest of one that was answered early', async () => {
  // Each connection answers its first request and reads no more.
  const answer = (socket: Socket): void =>
    void socket.pause().write(`${head('HTTP/1.1 413 x', 'Content-Length: 2')}no`);
  const { url } = await resources.startTcp((socket) => void socket.once('data', () => answer(socket)));
  const transport = resources.use(undiciTransport({ connections: 1 }));
  const send = async (size: number): Promise<string> => {
    const headers = ['Host', 'h', 'Content-Length', String(size)];
    const request = upstreamRequest(url, { method: 'POST', headers, body: Buffer.alloc(size) });
    const { body } = await transport.send(request, new AbortController().signal);
    return (await readAll(body as never)).text;
  };
  expect([await send(20_000_000), await send(5), await send(20_000_000)]).toEqual(['no', 'no', 'no']);
});
