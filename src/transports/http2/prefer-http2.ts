import { Readable } from 'node:stream';
import { untilAborted } from '../../until-aborted.ts';
import { asksForUpgrade } from '../asks-for-upgrade.ts';
import type { Transport, UpstreamRequest } from '../transport.ts';
import { Http2Exchange } from './exchange.ts';
import { Http2Sessions } from './sessions.ts';

/**
 * A transport that speaks HTTP/2 with https endpoints that offer it (ALPN, RFC 7301) and leaves everything else to
 * `http1`, which it closes along with itself. It is our own on node:http2: got's would change targets and headers and
 * cannot be closed, and undici's ends a body that was cut short as if it were whole.
 */
export function preferHttp2(http1: Transport): Transport {
  const sessions = new Http2Sessions();
  const send: Transport['send'] = async (request, signal) => {
    if (!isForHttp2(request)) return http1.send(request, signal);
    if (signal.aborted) throw signal.reason;
    let connection = sessions.connectionFor(request);
    // Whoever waited along may have taken all streams of the new connection.
    while (connection instanceof Promise) {
      await untilAborted(connection, signal);
      connection = sessions.connectionFor(request);
    }
    return connection ? new Http2Exchange(request, connection, signal).send() : http1.send(request, signal);
  };
  return {
    send,
    close: async () => {
      sessions.close();
      await http1.close();
    },
  };
}

/**
 * A request for an upgrade is no stream, nor is one whose body has no known end. One that wants a fresh connection is: the
 * connection that broke is forgotten.
 */
function isForHttp2({ address, headers, body }: UpstreamRequest): boolean {
  return address.secure && !(body instanceof Readable) && !asksForUpgrade(headers);
}
