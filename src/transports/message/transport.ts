import type { Duplex, Readable } from 'node:stream';
import type { EndpointAddress } from '../../endpoints/address.ts';

/** Certificates for https endpoints, as in node:tls. */
export interface TlsOptions {
  /**
   * Authorities to trust instead of Node's own, PEM.
   * @default Node's own
   */
  readonly ca?: string | Buffer | ReadonlyArray<string | Buffer>;
  /**
   * Our certificate for endpoints that ask for one, PEM.
   * @default none
   */
  readonly cert?: string | Buffer | ReadonlyArray<string | Buffer>;
  /**
   * The private key that belongs to `cert`, PEM without a passphrase.
   * @default none
   */
  readonly key?: string | Buffer | ReadonlyArray<string | Buffer>;
  /**
   * Check the certificates of endpoints; `false` accepts any, for tests only.
   * @default true
   */
  readonly rejectUnauthorized?: boolean;
}

/** One attempt as it goes over the wire. */
export interface UpstreamRequest {
  readonly address: EndpointAddress;
  readonly method: string;
  /** The request target, sent as it is: path and query, or `*`. */
  readonly target: string;
  /** A flat list of names and values, complete with `Host` and framing; sent as it is. */
  readonly headers: readonly string[];
  /**
   * A Buffer is sent whole; the framing headers say the same length. A stream is piped and stays its owner's, who
   * destroys nothing of it; when it breaks off, so does the attempt.
   */
  readonly body: Buffer | Readable | undefined;
  /** Milliseconds for DNS, TCP and TLS together, or Infinity. */
  readonly connectMs: number;
  /** Milliseconds in which the endpoint must take some of a body that there is to send, or Infinity. */
  readonly idleMs: number;
  readonly tls: TlsOptions | undefined;
  /** Use no kept-alive connection: the last one had been closed by the endpoint. */
  readonly freshConnection: boolean;
  /**
   * The client accepts trailers (`TE: trailers`), which some servers insist on; only HTTP/2 may say so to the next hop.
   * @default false
   */
  readonly acceptsTrailers?: boolean;
  /** Gets every interim response (RFC 9110 15.2) but 100 and 101 as it comes. */
  onInterim?(interim: InterimResponse): void;
}

/** A 1xx response such as 103 Early Hints. */
export interface InterimResponse {
  readonly status: number;
  readonly headers: readonly string[];
}

/** The connection after a 101 response, on which the endpoint speaks another protocol now. */
export interface UpgradedConnection {
  /** Owned by whoever got the response, who destroys it; the attempt's signal no longer does. */
  readonly socket: Duplex;
  /** The bytes of the new protocol that came with the head. */
  readonly head: Buffer;
}

/** A response whose head is there and whose body is still to come. */
export interface UpstreamResponse {
  readonly status: number;
  /** The reason phrase as it came, which may be empty; of HTTP/2, which has none, the usual one of the status. */
  readonly statusText: string;
  /** A flat list of names and values as they came: case, order and repeats kept. */
  readonly headers: readonly string[];
  /**
   * Owned by whoever got the response, who reads it to its end or fires the attempt's signal. It emits `error` when the
   * endpoint breaks off, never a clean end; nobody has to listen for that.
   */
  readonly body: Readable;
  /** The response ended with its head, without even an empty body, as only HTTP/2 can say. */
  readonly endsWithHead?: boolean;
  /**
   * Gives the whole body when all of it is here already, as it is for most small ones, and undefined when it is not or
   * the transport cannot tell. Who has got it has no use for `body`.
   */
  takeWhole?(): Buffer | undefined;
  /**
   * Whether the request's body was still on its way at any time since this was asked before; the transport watches over that: an
   * endpoint may answer first and read then, and is not silent meanwhile.
   */
  isUploading?(): boolean;
  /** The trailer fields as a flat list; complete when the body has ended. */
  trailers(): readonly string[];
  /** Only with status 101, which is given only to requests with an `Upgrade` header. */
  readonly upgraded?: UpgradedConnection;
}

/**
 * What sends attempts. It changes nothing of a request or response: no retry, no redirect, no decompression, no headers
 * of its own but `Connection`.
 */
export interface Transport {
  /**
   * Sends one attempt and gives its response as soon as the head is there.
   * @param signal cancels the attempt, before the head and while the body is coming.
   * @throws BalancingProxyError: `ERR_BRP_CONNECT` and `ERR_BRP_CONNECT_TIMEOUT` when the request surely never reached the
   * endpoint, `ERR_BRP_NO_SOCKET` when that is for want of a socket of our own, `ERR_BRP_UNSENDABLE` when the request is none
   * that can be sent, `ERR_BRP_NOT_PROCESSED` when the endpoint says that it has not looked at it, `ERR_BRP_STALE_CONNECTION`
   * when a kept-alive connection turned out to be closed, otherwise `ERR_BRP_CONNECTION_LOST` or `ERR_BRP_BAD_RESPONSE`; the
   * signal's reason when it fires.
   */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse>;
  /** Closes the idle connections and keeps none from now on. */
  close(): Promise<void>;
}
