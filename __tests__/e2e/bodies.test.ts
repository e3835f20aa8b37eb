import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, type RawListener, startRaw } from '../helpers/raw.ts';
import { answering } from '../helpers/servers.ts';
import { endOf, ok } from './upload-answers.ts';

const resources = leakCheckedResources();

describe('a buffered body', () => {
  test('that the client breaks off reaches no endpoint', async () => {
    const endpoint = resources.use(await startRaw(ok));
    const served = await resources.serve({ endpoints: [endpoint.url] });
    const started = new Promise((resolve) => served.proxy.subscribe(resolve));
    const socket = net.connect(Number(new URL(served.url).port), '127.0.0.1');
    socket.write(`${head('POST / HTTP/1.1', 'Host: h', 'Content-Length: 10')}half`);
    await started;
    socket.destroy();
    await served.proxy.close();
    expect(endpoint.accepted).toBe(0);
    expect(endOf(served)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' }, attempts: [] });
  });

  test.each<[string, RawListener]>([
    ['401', (socket) => void socket.write(`${head('HTTP/1.1 401 Who', 'Content-Length: 4')}nope`)],
    ['413', (socket) => void socket.end(`${head('HTTP/1.1 413 Much', 'Content-Length: 4')}nope`)],
  ])('that an endpoint answers early with %s gives that answer', async (status, answer) => {
    const endpoint = await resources.startTcp(
      (socket) => void socket.once('data', () => answer(socket.pause(), { requestLine: '', headers: [], body: '' })),
    );
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const body = randomBytes(1_000_000);
    const received = await request(url, { method: 'POST', body, headers: { 'Content-Length': body.length } });
    expect([String(received.status), received.text]).toEqual([status, 'nope']);
  });
});

test('a body that is too large is answered with 413 while the client is still uploading', async () => {
  const endpoint = await resources.start(answering(200, 'ok'));
  const { url } = await resources.serve({ endpoints: [endpoint.url], bodyLimitBytes: 1_000 });
  const body = randomBytes(20 * 1024 * 1024);
  const { status } = await request(url, { method: 'POST', body, headers: { 'Content-Length': body.length } });
  expect([status, endpoint.accepted]).toEqual([413, 0]);
});
