import http2, { type ClientHttp2Stream } from 'node:http2';
import { BalancingProxyError } from '../../../errors.ts';
import { explain } from '../../message/explain.ts';
import type { Http2Connection } from '../connections/connection.ts';

const { NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_REFUSED_STREAM } = http2.constants;

/** A request on its way over a connection. */
export interface SentStream {
  /** Where it was sent. */
  readonly connection: Http2Connection;
  /** Undefined before the request is sent. */
  readonly stream: ClientHttp2Stream | undefined;
  /** Whether other requests went over the connection before. */
  readonly isReused: boolean;
}

/** Whether the endpoint has surely not looked at a request (RFC 9113 6.8, 8.7). */
export function isUnseen({ connection, stream }: SentStream): boolean {
  return stream?.rstCode === NGHTTP2_REFUSED_STREAM || connection.hasNotSeen(stream?.id);
}

/** Whether the endpoint wants a request over HTTP/1.1, and has not looked at it (RFC 9113 7); only while there is no response. */
export function isForHttp1({ stream }: SentStream): boolean {
  return stream?.rstCode === NGHTTP2_HTTP_1_1_REQUIRED;
}

/** The error of a stream that broke before there was a response. */
export function explainStream(error: Error, sent: SentStream, name: string): BalancingProxyError {
  if (isUnseen(sent) || isForHttp1(sent)) {
    const message = `${name} has not looked at the request: ${error.message}`;
    return new BalancingProxyError('ERR_BRP_NOT_PROCESSED', message, { cause: error });
  }
  const { session } = sent.connection;
  const isStale = sent.isReused && (session.closed || session.destroyed);
  return explain(error, { name, isConnected: true, isReused: isStale });
}
