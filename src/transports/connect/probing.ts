import type { Socket } from 'node:net';

/** Options by which TCP asks after a minute of silence whether the endpoint is still there. */
export const probing = { keepAlive: true, keepAliveInitialDelay: 60_000 };

/**
 * Has TCP ask over a TLS connection, too, once the handshake is done: in Node 22 the options for probing have no effect with TLS.
 */
export function probeOverTls<S extends Socket>(socket: S, delayMs = probing.keepAliveInitialDelay): S {
  return socket.once('secureConnect', () => socket.setKeepAlive(true, delayMs));
}
