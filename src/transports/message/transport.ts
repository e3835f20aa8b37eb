import type { Duplex, Readable } from 'node:stream';
import type { EndpointAddress } from '../../endpoints/place/address.ts';
import type { TlsOptions } from '../../endpoints/place/tls-options.ts';

/** One attempt as it goes over the wire. */
export interface UpstreamRequest {
  /** Where the endpoint is, and what the certificate of an https endpoint has to be for. */
  readonly address: EndpointAddress;
  /** The method, in any case; sent as it is. */
  readonly method: string;
  /** The request target, sent as it is: path and query, or `*`. */
  readonly target: string;
  /** A flat list of names and values, complete with `Host` and framing; sent as it is. */
  readonly headers: readonly string[];
  /**
   * A Buffer is sent whole; the framing headers say the same length. A stream is piped and stays its owner's, so that a transport
   * destroys none; when the stream breaks off, so does the attempt.
   */
  readonly body: Buffer | Readable | undefined;
  /** Milliseconds for DNS, TCP and TLS together, or Infinity. */
  readonly connectMs: number;
  /** Milliseconds in which the endpoint must take some of a body that there is to send, or Infinity. */
  readonly idleMs: number;
  /** Certificates and the server name for an https endpoint; requests with another object share no connection. */
  readonly tls: TlsOptions | undefined;
  /** Whether the attempt must use no kept-alive connection, because the last one turned out to be closed by the endpoint. */
  readonly freshConnection: boolean;
  /**
   * Whether the client accepts trailers (`TE: trailers`), as some servers insist; only HTTP/2 may say so to the next hop.
   * @default false
   */
  readonly acceptsTrailers?: boolean;
  /** Gets every interim response (RFC 9110 15.2) but 100 and 101 as it comes. */
  onInterim?(interim: InterimResponse): void;
}

/** A 1xx response such as 103 Early Hints. */
export interface InterimResponse {
  /** From 102 to 199. */
  readonly status: number;
  /** A flat list of names and values as they came. */
  readonly headers: readonly string[];
}

/** The connection after a 101 response, on which the endpoint speaks another protocol now. */
export interface UpgradedConnection {
  /** Owned by whoever got the response and has to destroy it; the attempt's signal no longer does. */
  readonly socket: Duplex;
  /** The bytes of the new protocol that came with the head. */
  readonly head: Buffer;
}

/** A response whose head is there and whose body is still to come. */
export interface UpstreamResponse {
  /** The final status, or 101. */
  readonly status: number;
  /** The reason phrase as it came, which may be empty; over HTTP/2, which has none, the usual one of the status. */
  readonly statusText: string;
  /** A flat list of names and values as they came: case, order and repeats kept. */
  readonly headers: readonly string[];
  /**
   * Owned by whoever got the response and has to read it to its end or fire the attempt's signal. When the endpoint breaks off, the
   * stream emits `error`, for which nobody has to listen, and never a clean end.
   */
  readonly body: Readable;
  /** Whether the response ended with its head, without even an empty body, as only HTTP/2 can say. */
  readonly endsWithHead?: boolean;
  /**
   * Gives the whole body when all of it is here already, as most small bodies are, and undefined when it is not or the transport
   * cannot tell. Whoever has got the whole body reads no `body` any more.
   */
  takeWhole?(): Buffer | undefined;
  /**
   * Whether the request's body was still on its way at any time since the last call. An endpoint that answers first and reads then is
   * not silent meanwhile; the transport itself watches over the upload.
   */
  isUploading?(): boolean;
  /** The trailer fields as a flat list; complete when the body has ended. */
  trailers(): readonly string[];
  /** Only with status 101, which may come only to requests with an `Upgrade` header. */
  readonly upgraded?: UpgradedConnection;
}

/**
 * Sends attempts. A transport changes nothing of a request or response: no retry, no redirect, no decompression, no headers of its own
 * but `Connection`.
 */
export interface Transport {
  /**
   * Sends one attempt and gives its response as soon as the head is there.
   * @param signal cancels the attempt, before the head and while the body is coming.
   * @throws BalancingProxyError: `ERR_BRP_CONNECT` and `ERR_BRP_CONNECT_TIMEOUT` when the request surely never reached the
   * endpoint, `ERR_BRP_NO_SOCKET` when this host has no socket left, `ERR_BRP_UNSENDABLE` when nobody could send the request as it is,
   * `ERR_BRP_NOT_PROCESSED` when the endpoint says that it has not looked at the request, `ERR_BRP_STALE_CONNECTION` when a kept-alive
   * connection turned out to be closed, otherwise `ERR_BRP_CONNECTION_LOST` or `ERR_BRP_BAD_RESPONSE`. When the signal fires, its
   * reason is thrown.
   */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse>;
  /** Closes the connections and keeps none from now on; the proxy calls this when its requests have ended. */
  close(): Promise<void>;
}
