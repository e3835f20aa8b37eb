import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { ManagedProxy } from '../events/observed-proxy.ts';
import type { Next } from '../support/next.ts';

/** The middleware that `createBalancingProxy()` makes. */
export interface BalancingProxy extends ManagedProxy {
  /** Answers one request. Without `next`, errors are answered with a short plain response. */
  (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse, next?: Next): void;
  /**
   * Answers a request for an upgrade, such as a WebSocket's: `server.on('upgrade', proxy.upgrade)`. The handshake is raced like
   * any request; the first endpoint that switches protocols is joined to the client.
   */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Refuses new requests with 503, waits for those in flight, then closes the connections to the endpoints. */
  close(): Promise<void>;
}
