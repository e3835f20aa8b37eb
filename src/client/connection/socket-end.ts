import type { Socket } from 'node:net';

/** The requests that wait for the end of one connection. */
interface Waiting {
  /** The functions to call at the end. */
  readonly listeners: Set<() => void>;
  /** The one listener of the socket. */
  readonly onClose: () => void;
}

const waitingBySocket = new WeakMap<Socket, Waiting>();

/**
 * Calls back at the end of a connection. All requests of a connection share one listener of its socket: a client may pipeline any
 * number of requests, and Node takes more than ten listeners for a leak.
 * @returns the function that ends the waiting.
 */
export function onSocketEnd(socket: Socket, listener: () => void): () => void {
  const waiting = waitingBySocket.get(socket) ?? startWaiting(socket);
  waiting.listeners.add(listener);
  return () => {
    waiting.listeners.delete(listener);
    if (waiting.listeners.size > 0) return;
    socket.off('close', waiting.onClose);
    waitingBySocket.delete(socket);
  };
}

function startWaiting(socket: Socket): Waiting {
  const listeners = new Set<() => void>();
  const onClose = (): void => {
    for (const listener of listeners) listener();
  };
  const waiting = { listeners, onClose };
  waitingBySocket.set(socket, waiting);
  socket.once('close', onClose);
  return waiting;
}
