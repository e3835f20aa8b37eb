import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Next } from '../client/response/answer-error.ts';
import type { EndpointSnapshot } from '../endpoints/snapshot.ts';
import type { Observer } from '../events/events.ts';

/** The middleware that `createBalancingProxy()` makes. */
export interface BalancingProxy {
  /** Answers one request. Without `next`, errors are answered with a short plain response. */
  (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse, next?: Next): void;
  /**
   * Answers a request for an upgrade, such as a WebSocket's: `server.on('upgrade', proxy.upgrade)`. The handshake is
   * raced like any request; the first endpoint that switches protocols is joined to the client.
   */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The state of every endpoint at this moment. */
  readonly endpoints: readonly EndpointSnapshot[];
  /** How often the hedge budget was used up when the hedge delay was over. */
  readonly hedgesDenied: number;
  /**
   * Leaves the endpoint of this name out from now on, whatever it would mean for the clients; requests under way at it
   * are finished. When every endpoint is drained, requests are answered with 503.
   * @returns whether there is an endpoint of this name.
   */
  drain(endpoint: string): boolean;
  /**
   * Takes a drained endpoint back; an ejected one, too, without waiting for its trial.
   * @returns whether there is an endpoint of this name.
   */
  restore(endpoint: string): boolean;
  /**
   * Reports what happens to every request; an observer that throws harms nobody.
   * @returns its unsubscribe.
   */
  subscribe(observer: Observer): () => void;
  /** Refuses new requests with 503, waits for those in flight, then closes the connections to the endpoints. */
  close(): Promise<void>;
}
