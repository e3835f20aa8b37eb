import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { limitRest, limitSending } from '../../../src/transports/message/upload.ts';
import { UploadWrites } from '../../../src/transports/message/upload-writes.ts';
import { Resources } from '../../helpers/proxy.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const connect = async (listener: (socket: Socket) => void) => {
  const { port } = await resources.startTcp(listener);
  const socket = net.connect(port, '127.0.0.1');
  resources.use({ close: () => void socket.destroy() });
  return socket;
};

describe('limitRest()', () => {
  test('closes a connection on which the rest stays', async () => {
    const socket = await connect((accepted) => void accepted.pause());
    socket.write(Buffer.alloc(20_000_000));
    limitRest(socket, socket);
    await once(socket, 'close');
  });

  test.each([
    ['small', 4],
    ['large', 1_000_000],
  ])('leaves nothing on a connection when a %s rest has gone out', async (_, size) => {
    const socket = await connect((accepted) => void accepted.resume());
    limitRest(socket, socket);
    socket.end(Buffer.alloc(size));
    await once(socket, 'finish');
    expect([socket.timeout, socket.listenerCount('timeout')]).toEqual([0, 0]);
  });
});

describe('limitSending()', () => {
  test('says nothing of a connection over which there is nothing to send', async () => {
    const socket = await connect((accepted) => void accepted.resume());
    await once(socket, 'connect');
    let stalls = 0;
    limitSending(socket, { of: socket, ms: 20, onStalled: () => stalls++ });
    await once(socket, 'timeout');
    expect(stalls).toBe(0);
  });

  test('says so when nothing is taken any more, although what was sent before was', async () => {
    const socket = await connect((accepted) => void accepted.once('data', () => accepted.pause()));
    await once(socket, 'connect');
    const stalled = new Promise<void>((onStalled) => limitSending(socket, { of: socket, ms: 50, onStalled }));
    socket.write(Buffer.alloc(20_000_000));
    await stalled;
  });

  test('leaves nothing when it ends', async () => {
    const socket = await connect((accepted) => void accepted.resume());
    limitSending(socket, { of: socket, ms: 1_000, onStalled: () => {} })();
    expect([socket.timeout, socket.listenerCount('timeout')]).toEqual([0, 0]);
  });
});

describe('UploadWrites', () => {
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

  test.each<[string, (socket: Socket) => void]>([
    ['in one chunk', (socket) => void socket.end(sent)],
    [
      'in a small and a large chunk, together',
      (socket) => {
        socket.cork();
        socket.write(sent.subarray(0, 10));
        socket.end(sent.subarray(10));
      },
    ],
    [
      'in many chunks, together',
      (socket) => {
        socket.cork();
        for (let i = 0; i < 300; i++) socket.write(sent.subarray(i * 1_000, (i + 1) * 1_000));
        socket.end();
      },
    ],
    ['before there is a connection, as text', (socket) => void socket.end(sent.toString('latin1'), 'latin1')],
  ])('change nothing of what is written %s', async (_, write) => {
    const received: Buffer[] = [];
    const ended = Promise.withResolvers<void>();
    const socket = await connect((accepted) => {
      accepted.on('data', (chunk) => received.push(chunk)).on('end', () => ended.resolve());
    });
    UploadWrites.of(socket);
    write(socket);
    await ended.promise;
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  test('are made in slices, which show that a connection takes something', async () => {
    const socket = await connect((accepted) => void accepted.resume());
    const sizes: number[] = [];
    const { _write } = socket;
    socket._write = (chunk, encoding, done) => {
      sizes.push(chunk.length);
      _write.call(socket, chunk, encoding, done);
    };
    UploadWrites.of(socket);
    socket.end(sent);
    await once(socket, 'finish');
    expect(sizes).toEqual([65_536, 65_536, 65_536, 65_536, 37_856]);
  });

  test('are the same for all requests of a connection', async () => {
    const socket = await connect((accepted) => void accepted.resume());
    expect(UploadWrites.of(socket)).toBe(UploadWrites.of(socket));
  });

  test('tell of a failed write at its end when nothing more comes', async () => {
    const socket = await connect((accepted) => void accepted.once('data', () => accepted.resetAndDestroy()));
    const writes = UploadWrites.of(socket);
    const broken = new Promise((resolve) => socket.on('error', resolve));
    writes.onBroken = () => {};
    socket.on('close', () => clearInterval(timer));
    const timer = setInterval(() => socket.write('more'), 1);
    expect(await broken).toMatchObject({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) });
  });
});
