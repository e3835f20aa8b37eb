import type { Duplex } from 'node:stream';

/** The whole response to a client that cannot be served now, as it goes over HTTP/1.1. */
const unavailable =
  'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** The most clients at a time that are told that they are turned away, rather than just closed. */
export const maxTold = 64;

/** Milliseconds that a client gets to read its refusal, and to send what it had under way. */
const lingerMs = 1_000;

let lingering = 0;

/**
 * Answers 503 on a connection and closes it. Closed with bytes unread, it would be reset, and the client would lose the answer; so the
 * connection lives on for a moment, but when many clients are turned away at once, the others are just closed.
 * @param most how many connections may live on so at a time.
 */
export function turnAway(socket: Duplex, most: number): void {
  socket.on('error', () => {});
  if (lingering >= most) {
    socket.destroy();
    return;
  }
  lingering++;
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => {
    lingering--;
    clearTimeout(timer);
  });
  socket.resume().end(unavailable);
}
