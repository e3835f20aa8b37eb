import { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { valuesOf } from '../../http/headers.ts';
import { isIdempotent } from '../../http/methods.ts';
import { asksForUpgrade } from '../../http/protocols.ts';
import { untilAborted } from '../../support/until-aborted.ts';
import type { Transport, UpstreamRequest } from '../message/transport.ts';
import type { Http2Connection } from './connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { Http2Attempt } from './http2-attempt.ts';
import { refuseUnsendable } from './refuse-unsendable.ts';
import { Http2Sessions } from './sessions.ts';

/** node:http2 servers take 128 header fields, pseudo headers included; over HTTP/1.1 the same ones take 1,000. */
const maxFields = 120;

/**
 * A connection that ends, as those of nginx do after 1,000 requests, looks at no stream that came too late; so many are tried one
 * after another, as what waited for the first one may be too much for the second.
 */
const maxConnections = 3;

/**
 * A transport that speaks HTTP/2 with https endpoints that offer it (ALPN, RFC 7301) and leaves everything else to
 * `http1`, which it closes along with itself. It is our own on node:http2; docs/http2.md says what others lack.
 */
export function preferHttp2(http1: Transport, limits: Partial<ConnectionLimits> = {}): Transport {
  const sessions = new Http2Sessions(limits);
  const send: Transport['send'] = async (request, signal) => {
    if (!request.address.secure || request.headers.length > 2 * maxFields) return http1.send(request, signal);
    if (signal.aborted) throw signal.reason;
    const isBetterOverHttp1 = request.body instanceof Readable || asksForUpgrade(request.headers);
    if (isBetterOverHttp1 && (await untilAborted(sessions.offersHttp1(request), signal))) {
      return http1.send(request, signal);
    }
    for (let connections = 1; ; connections++) {
      let connection = sessions.connectionFor(request);
      while (connection instanceof Promise || needsProof(connection, request)) {
        const ready = connection instanceof Promise ? connection : connection?.prove();
        if (ready) await untilAborted(ready, signal);
        // Whoever waited along may have taken all streams of it.
        connection = sessions.connectionFor(request);
      }
      if (!connection) return http1.send(request, signal);
      // Nothing may be waited for between the choice of a connection and its use.
      const attempt = attemptOver(connection, request, signal);
      try {
        return await attempt.send();
      } catch (error) {
        if (signal.aborted || hasBegun(request.body)) throw error;
        if (attempt.isForHttp1) return http1.send(request, signal);
        if (!attempt.cameTooLate || connections === maxConnections) throw error;
      }
    }
  };
  return {
    send,
    close: async () => {
      sessions.close();
      await http1.close();
    },
  };
}

/** What cannot be sent twice wants a sign of life of a connection that was unused for a while. */
function needsProof(connection: Http2Connection | undefined, { method, body }: UpstreamRequest): boolean {
  return connection?.isStale === true && (!isIdempotent(method) || body instanceof Readable);
}

/** @throws BalancingProxyError for what cannot be sent. */
function attemptOver(connection: Http2Connection, request: UpstreamRequest, signal: AbortSignal): Http2Attempt {
  const isHandshake = asksForUpgrade(request.headers);
  if (isHandshake && !mayOpenWebSocket(connection, request)) throw noUpgrade(request);
  refuseUnsendable(request);
  return new Http2Attempt(request, connection, signal, isHandshake);
}

/** Whether bytes of a body are gone that cannot be had again. */
function hasBegun(body: UpstreamRequest['body']): boolean {
  return body instanceof Readable && body.readableDidRead;
}

function mayOpenWebSocket({ session }: Http2Connection, { headers }: UpstreamRequest): boolean {
  const isWebSocket = valuesOf(headers, 'upgrade').join().toLowerCase() === 'websocket';
  return isWebSocket && session.remoteSettings.enableConnectProtocol === true;
}

function noUpgrade({ address: { name } }: UpstreamRequest): BalancingProxyError {
  const message = `${name} speaks HTTP/2 only, and does not open this protocol over it (RFC 8441)`;
  return new BalancingProxyError('ERR_BRP_NOT_PROCESSED', message);
}
