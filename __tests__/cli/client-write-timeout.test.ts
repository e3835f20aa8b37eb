import net from 'node:net';
import { Resources } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';
import { startLocally } from './command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** An endpoint whose responses go on for as long as they are read. */
const startEndless = () =>
  resources.start((_, res) => {
    const part = Buffer.alloc(65_536, 'x');
    const write = (): void => {
      while (res.write(part));
    };
    res.on('drain', write);
    write();
  });

/** Clients that ask and read nothing. */
function askWithoutReading(url: string, count: number): readonly net.Socket[] {
  const { port } = new URL(url);
  return Array.from({ length: count }, () => {
    const socket = net.connect(Number(port), '127.0.0.1').on('error', () => {});
    socket.pause().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    resources.use({ close: () => socket.destroy() });
    return socket;
  });
}

describe('-client-write-timeout', () => {
  test('frees the connections to endpoints that clients which read nothing hold', async () => {
    const endpoint = await startEndless();
    const command = startLocally('-endpoints', endpoint.url, '-client-write-timeout', '200ms');
    askWithoutReading(await command.url(), 20);
    await until(() => endpoint.accepted, 20);
    await endpoint.idle();
    expect(await command.line(/left what was written to it unread for 200 ms/)).toContain('broken off');
  });

  test('leaves a client alone that reads now and then', async () => {
    const endpoint = await startEndless();
    const command = startLocally('-endpoints', endpoint.url, '-client-write-timeout', '1s');
    const [steady, silent] = askWithoutReading(await command.url(), 2);
    const reading = setInterval(() => void steady?.read(), 20);
    await command.line(/unread for 1000 ms/);
    await until(() => endpoint.sockets.size, 1);
    clearInterval(reading);
    expect(steady?.closed).toBe(false);
    expect(silent?.bytesRead).toBeLessThan(steady?.bytesRead ?? 0);
  });
});
