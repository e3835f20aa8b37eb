import type { LivenessLimits } from './liveness.ts';

/** When a connection is given up, or asked whether it is still there. */
export interface ConnectionLimits extends LivenessLimits {
  /** Streams after which another connection takes over. */
  readonly maxStreams: number;
  /** Streams after which the connection takes no more, because the endpoint would close it. */
  readonly allStreams: number;
  /** Streams that we have reset after which another connection takes over. */
  readonly maxResets: number;
  /** Milliseconds after which another connection takes over. */
  readonly maxAgeMs: number;
  /** Milliseconds without a stream after which a connection is closed. */
  readonly idleMs: number;
  /**
   * Milliseconds without a stream after which a connection is asked for a sign of life before it gets a request that cannot be
   * sent twice.
   */
  readonly staleMs: number;
  /** Milliseconds after which an endpoint that offered HTTP/1.1 only is asked for HTTP/2 again. */
  readonly recheckMs: number;
}

/** The limits of connections outside of tests. */
export const usualLimits: ConnectionLimits = {
  silentMs: 2_000,
  pongMs: 15_000,
  firstPongMs: 3_000,
  proofMs: 1_000,
  // A connection has 2^30 streams (RFC 9113 5.1.1).
  maxStreams: 2 ** 29,
  allStreams: Infinity,
  // node:http2 closes a connection, with all that runs on it, after 1,000 resets, Envoy after 500.
  maxResets: 300,
  maxAgeMs: 3_600_000,
  // nginx closes an idle connection after 75 s, load balancers after 60 s.
  idleMs: 25_000,
  staleMs: 1_000,
  recheckMs: 60_000,
};
