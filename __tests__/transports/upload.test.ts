import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { limitRest } from '../../src/transports/upload.ts';
import { Resources } from '../helpers/proxy.ts';
import { startTcp } from '../helpers/servers.ts';

describe('limitRest()', () => {
  const resources = new Resources();
  afterEach(() => resources.closeAll());

  const connect = async (listener: (socket: Socket) => void) => {
    const { port } = resources.use(await startTcp(listener));
    const socket = net.connect(port, '127.0.0.1');
    resources.use({ close: () => void socket.destroy() });
    return socket;
  };

  test('closes a connection on which the rest stays', async () => {
    const socket = await connect((accepted) => void accepted.pause());
    socket.write(Buffer.alloc(20_000_000));
    limitRest(socket, { until: 'drain', of: socket });
    await once(socket, 'close');
  });

  test('keeps a connection whose rest goes out, however small: there is no `drain` of it', async () => {
    const socket = await connect((accepted) => void accepted.resume());
    socket.write('rest');
    expect([socket.writableLength, socket.writableNeedDrain]).toEqual([4, false]);
    limitRest(socket, { until: 'drain', of: socket });
    await once(socket, 'timeout');
    expect(socket.destroyed).toBe(false);
    expect(socket.timeout).toBe(0);
  });

  test('leaves nothing on a connection whose rest has gone out', async () => {
    const socket = await connect((accepted) => void accepted.resume());
    socket.write(Buffer.alloc(1_000_000));
    limitRest(socket, { until: 'drain', of: socket });
    await once(socket, 'drain');
    expect([socket.timeout, socket.listenerCount('timeout')]).toEqual([0, 0]);
  });
});
