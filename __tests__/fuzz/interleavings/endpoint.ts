import type { Socket } from 'node:net';
import { startTcp, type TestServer } from '../../helpers/servers.ts';

/** What an endpoint does with its connection when a request has come. */
type Deed = (socket: Socket, random: () => number) => void;

const write = (socket: Socket, text: string): void => void (socket.writable && socket.write(text));
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const whole = (status: number, body = 'ok'): string =>
  `HTTP/1.1 ${status} Any\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const later = (random: () => number, step: () => void): void => void setTimeout(step, random() * 30).unref();

/** Leaves unread what comes, an end included, but not for ever. */
function rest(socket: Socket): void {
  socket.pause();
  setTimeout(() => socket.resume(), 100).unref();
}

/** Every way to answer, or not to, that a proxy has a state of its own for. */
const deeds: readonly Deed[] = [
  (socket) => write(socket, whole(200)),
  (socket) => write(socket, whole(404)),
  (socket) => write(socket, whole(500)),
  (socket) => write(socket, whole(503)),
  (socket) => write(socket, 'HTTP/1.1 204 No\r\n\r\n'),
  (socket) => write(socket, `HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n${whole(200)}`),
  (socket) => write(socket, 'HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nhello'),
  (socket) => write(socket, whole(200, 'x'.repeat(200_000))),
  (socket) => write(socket, `${chunkedHead}${chunk('whole')}0\r\n\r\n`),
  (socket, random) => {
    write(socket, chunkedHead + chunk('a'));
    later(random, () => write(socket, `${chunk('b')}0\r\n\r\n`));
  },
  (socket) => write(socket, chunkedHead + chunk('for ever')),
  (socket, random) => {
    write(socket, chunkedHead + chunk('broken'));
    later(random, () => socket.resetAndDestroy());
  },
  (socket, random) => {
    const status = random() < 0.5 ? 200 : 500;
    write(socket, `HTTP/1.1 ${status} Any\r\nContent-Length: 9\r\n\r\nbro`);
    later(random, () => (random() < 0.5 ? socket.resetAndDestroy() : write(socket, 'ken-12')));
  },
  (socket, random) => later(random, () => write(socket, whole(200))),
  (socket, random) => later(random, () => write(socket, whole(502))),
  (socket, random) => later(random, () => socket.resetAndDestroy()),
  (socket) => void socket.end(),
  (socket) => write(socket, 'garbage\r\n\r\n'),
  () => {},
];

/** An endpoint that draws anew what it does for each request, or for each part of one. */
export function startMoody(random: () => number): Promise<TestServer> {
  return startTcp((socket) => {
    socket.on('data', () => {
      if (random() < 0.1) rest(socket);
      deeds[Math.floor(random() * deeds.length)]?.(socket, random);
    });
  });
}
