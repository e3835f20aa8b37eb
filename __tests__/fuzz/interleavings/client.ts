import http2 from 'node:http2';
import net from 'node:net';

const requests: ReadonlyArray<(random: () => number) => string> = [
  () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  () => 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  () => 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
  () => 'GET / HTTP/1.0\r\n\r\n',
  () => 'GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n',
  () => 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nearly',
  () => 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwhole',
  () => 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf',
  (random) =>
    `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n${'x'.repeat(random() < 0.5 ? 90_000 : 40_000)}`,
  (random) =>
    `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n${random() < 0.7 ? '0\r\n\r\n' : ''}`,
];

/** Sends a request of some kind, reads or not, and goes away at some moment, in some way. */
export function visit(port: number, random: () => number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = net.connect(port, '127.0.0.1');
  const bytes = requests[Math.floor(random() * requests.length)]?.(random) ?? '';
  const leave = [() => socket.destroy(), () => socket.resetAndDestroy(), () => socket.end().resume()];
  const timers = [setTimeout(() => leave[Math.floor(random() * leave.length)]?.(), random() ** 2 * 150)];
  timers.push(setTimeout(() => socket.destroy(), 300));
  socket
    .on('error', () => {})
    .once('close', () => {
      for (const timer of timers) clearTimeout(timer);
      resolve();
    });
  socket.write(bytes);
  if (random() < 0.8) socket.resume();
  return promise;
}

/** The same with some streams of one connection of HTTP/2. */
export function visitOverHttp2(port: number, random: () => number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const bodies = { GET: 0, HEAD: 0, POST: 5, PUT: 90_000 };
  for (let count = 1 + random() * 4; count > 1; count--) {
    const [method, bytes] = Object.entries(bodies)[Math.floor(random() * 4)] ?? ['GET', 0];
    const stream = session.request({ ':path': '/', ':method': method }, { endStream: bytes === 0 });
    stream.on('error', () => {});
    if (bytes > 0) stream.write('x'.repeat(bytes));
    if (bytes > 0 && random() < 0.8) stream.end();
    if (random() < 0.8) stream.resume();
    setTimeout(() => stream.close(random() < 0.7 ? 8 : 0), random() ** 2 * 150).unref();
  }
  const timer = setTimeout(() => session.destroy(), random() * 300);
  session
    .on('error', () => {})
    .once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  return promise;
}
