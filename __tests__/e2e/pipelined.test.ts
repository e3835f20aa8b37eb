import type http from 'node:http';
import net from 'node:net';
import { createBalancingProxy } from '../../src/index.ts';
import { frames } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head } from '../helpers/raw.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const overHttp1 = frames.filter(({ name }) => name !== 'node:http2');

describe.each(overHttp1)('30 requests that a client pipelines, in $name,', ({ start }) => {
  async function pipeline() {
    const held: http.ServerResponse[] = [];
    const endpoint = await resources.start((_, res) => void held.push(res));
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
    const server = resources.use(await start({ mounts: { '/': proxy } }));
    const client = net.connect(server.port, '127.0.0.1').setEncoding('latin1');
    client.write(head('GET / HTTP/1.1', 'Host: proxy').repeat(30));
    await until(() => held.length, 30);
    return { client, server, endpoint, held };
  }

  test('have no more listeners on their connection than Node takes for no leak, and are answered', async () => {
    const { client, server, held } = await pipeline();
    const [socket] = server.sockets;
    const counts = socket?.eventNames().map((name) => socket.listenerCount(name)) ?? [];
    expect(Math.max(...counts)).toBeLessThanOrEqual(10);
    let text = '';
    client.on('data', (chunk) => {
      text += chunk;
    });
    for (const res of held) res.end('ok');
    await until(() => text.split('HTTP/1.1 200').length, 31);
    expect(socket?.listenerCount('close')).toBeLessThan(5);
    client.destroy();
  });

  test('are cancelled when the client goes away', async () => {
    const { client, endpoint } = await pipeline();
    client.destroy();
    await endpoint.idle();
  });
});
