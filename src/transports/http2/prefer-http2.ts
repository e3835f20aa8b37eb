import { validateHeaderName, validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { valuesOf } from '../../http/headers.ts';
import { isIdempotent } from '../../http/methods.ts';
import { asksForUpgrade } from '../../http/protocols.ts';
import { messageOf } from '../../support/message-of.ts';
import { untilAborted } from '../../support/until-aborted.ts';
import { type ConnectionRoute, usualRoute } from '../connect/route.ts';
import type { Transport, UpstreamRequest } from '../message/transport.ts';
import { Http2Attempt } from './attempts/http2-attempt.ts';
import type { Http2Connection } from './connections/connection.ts';
import type { ConnectionLimits } from './connections/connection-limits.ts';
import { Http2Sessions } from './connections/sessions.ts';

/** Most header fields that go over HTTP/2: node:http2 servers take 128, pseudo headers included, node:http servers 1,000. */
const maxFields = 120;

/**
 * Most connections that one request tries. An endpoint that closes a connection, as nginx does after 1,000 requests, looks at no stream
 * that came too late; the requests that waited for the first connection may be too many for the second one, too.
 */
const maxConnections = 3;

/** How connections are opened, and what limits they have. */
interface Http2Settings extends Partial<ConnectionLimits> {
  /** The way that they take. */
  readonly route?: ConnectionRoute;
}

/**
 * A transport that speaks HTTP/2 with https endpoints that offer it (ALPN, RFC 7301) and leaves everything else to `http1`. The client of
 * HTTP/2 is our own, on node:http2; docs/http2.md says what others lack.
 * @param http1 is closed along with this transport.
 * @param settings how connections are opened; and their limits, for tests.
 */
export function preferHttp2(http1: Transport, settings: Http2Settings = {}): Transport {
  const { route = usualRoute, ...limits } = settings;
  const sessions = new Http2Sessions(limits, route);
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
        // Requests that waited along may have taken all streams of the connection.
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

/**
 * Whether a connection that was unused for a while has to give a sign of life before it gets a request that cannot be sent twice.
 */
function needsProof(connection: Http2Connection | undefined, { method, body }: UpstreamRequest): boolean {
  return connection?.isStale === true && (!isIdempotent(method) || body instanceof Readable);
}

/** The attempt for a request over a connection. @throws BalancingProxyError for a request that cannot be sent. */
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

/**
 * Refuses requests that node:http refuses: node:http2 sends any character, and an endpoint resets the stream then, or even the
 * connection, which other requests use, too.
 * @throws BalancingProxyError `ERR_BRP_UNSENDABLE`.
 */
function refuseUnsendable({ address, method, target, headers }: UpstreamRequest): void {
  try {
    validateHeaderName(method);
    if (/[^\x21-\xff]/.test(target)) throw new TypeError('its target has a character that is none of a URL');
    for (let i = 0; i < headers.length; i += 2) {
      validateHeaderName(headers[i] ?? '');
      validateHeaderValue(headers[i] ?? '', headers[i + 1] ?? '');
    }
  } catch (error) {
    const message = `this request cannot be sent to ${address.name}: ${messageOf(error)}`;
    throw new BalancingProxyError('ERR_BRP_UNSENDABLE', message, { cause: error });
  }
}
