import type { LivenessLimits } from './liveness.ts';

/** How long a connection is used. */
export interface ConnectionLimits extends LivenessLimits {
  /** Streams after which another connection takes over. */
  readonly maxStreams: number;
  /** Streams after which it takes no more: the endpoint would close it. */
  readonly allStreams: number;
  /** Streams that we reset, likewise. */
  readonly maxResets: number;
  /** Milliseconds, likewise. */
  readonly maxAgeMs: number;
  /** Milliseconds without a stream after which it is closed. */
  readonly idleMs: number;
  /** Milliseconds without a stream after which it is asked for a sign of life before it gets what cannot be sent twice. */
  readonly staleMs: number;
  /** Milliseconds after which an endpoint that offered HTTP/1.1 only is asked for HTTP/2 again. */
  readonly recheckMs: number;
}

export const usualLimits: ConnectionLimits = {
  silentMs: 2_000,
  pongMs: 15_000,
  firstPongMs: 3_000,
  proofMs: 1_000,
  // There are 2^30 (RFC 9113 5.1.1).
  maxStreams: 2 ** 29,
  allStreams: Infinity,
  // node:http2 and Envoy close the connection of who resets 1,000 and 500, with all that runs on it.
  maxResets: 300,
  maxAgeMs: 3_600_000,
  // nginx has 75 s, load balancers 60 s.
  idleMs: 25_000,
  staleMs: 1_000,
  recheckMs: 60_000,
};
