import type { Server } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';

/**
 * Follows the connections over HTTP/2 that a server gets from now on; there may be none.
 * @param onSession is given each one before its first request, and the socket below, which Node shows nobody.
 */
export function followSessions(
  server: Server,
  onSession: (session: ServerHttp2Session, socket: TLSSocket) => void,
): void {
  // Node makes the session within this event.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') server.once('session', (session) => onSession(session, socket));
  });
}
