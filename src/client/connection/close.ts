import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long a connection that we have ended may take to let go what is written, and then to end on its side. */
const flushMs = 30_000;
const lingerMs = 5_000;

/**
 * Ends a connection, but lets what is written go out first and reads on until the other side ends, too: a socket that is
 * closed with bytes unread resets the connection, and the client loses what it had not read yet (RFC 9112 9.6).
 */
export function closeGently(socket: Duplex): void {
  if (socket.destroyed) return;
  const cutAfter = (ms: number): NodeJS.Timeout => setTimeout(() => socket.destroy(), ms);
  let timer = cutAfter(socket.writableFinished ? lingerMs : flushMs);
  socket.once('finish', () => {
    clearTimeout(timer);
    timer = cutAfter(lingerMs);
  });
  socket.once('close', () => clearTimeout(timer));
  socket.resume().end();
}

/** Breaks a connection off so that nobody can take it for a clean end; where there is no reset, it is closed. */
export function reset(socket: Duplex): void {
  try {
    (socket as Socket).resetAndDestroy();
  } catch {
    // TLS, whose end is authenticated, and Unix sockets know no reset.
    socket.destroy();
  }
}

/** The same when what is written has gone out. */
export function resetWhenFlushed(socket: Duplex): void {
  if (socket.writableLength === 0 || !socket.writable) {
    reset(socket);
    return;
  }
  const timer = setTimeout(() => reset(socket), flushMs);
  socket.once('close', () => clearTimeout(timer));
  // Written after all the rest; `drain` comes only to those whose last write was too much.
  socket.resume().write('', () => reset(socket));
}
