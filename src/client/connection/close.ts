import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Milliseconds that a connection which we have ended gets to send what is written. */
const flushMs = 30_000;

/** Milliseconds that the other side then gets to end its side, too. */
const lingerMs = 5_000;

/**
 * Ends a connection after all that is written has gone out, and reads on until the other side ends, too. A socket that is closed
 * with bytes unread would reset the connection, and the client would lose what it has not read yet (RFC 9112 9.6).
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

/** Breaks a connection off so that nobody can take the break for a clean end; a connection that knows no reset is closed. */
export function reset(socket: Duplex): void {
  try {
    (socket as Socket).resetAndDestroy();
  } catch {
    // TLS, whose end is authenticated, and Unix sockets know no reset.
    socket.destroy();
  }
}

/** Breaks a connection off as {@link reset} does, once all that is written has gone out. */
export function resetWhenFlushed(socket: Duplex): void {
  if (socket.writableLength === 0 || !socket.writable) {
    reset(socket);
    return;
  }
  const timer = setTimeout(() => reset(socket), flushMs);
  socket.once('close', () => clearTimeout(timer));
  // A write is done after all writes before it. `drain` would come only if the last write was too much.
  socket.resume().write('', () => reset(socket));
}
