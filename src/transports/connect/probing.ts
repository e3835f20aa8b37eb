import type { Socket } from 'node:net';

/** After a minute of silence TCP asks whether the endpoint is still there; agents that keep connections have a time of their own. */
export const probing = { keepAlive: true, keepAliveInitialDelay: 60_000 };

/** Has TCP ask over a TLS connection, too, as soon as there is one: in Node 22 the options for it have no effect with TLS. */
export function probeOverTls<S extends Socket>(socket: S, delayMs = probing.keepAliveInitialDelay): S {
  return socket.once('secureConnect', () => socket.setKeepAlive(true, delayMs));
}
