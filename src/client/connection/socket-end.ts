import type { Socket } from 'node:net';

/** Who waits for the end of a connection. */
interface Waiting {
  readonly listeners: Set<() => void>;
  readonly onClose: () => void;
}

const waitingBySocket = new WeakMap<Socket, Waiting>();

/**
 * Tells of the end of a connection that several requests share. They have one listener among them: of more than ten on
 * one socket Node warns as of a leak, and a client may pipeline as many requests as it likes.
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
