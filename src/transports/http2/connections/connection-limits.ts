/** The limits of connections outside of tests: when one is given up, or asked whether it is still there. */
export const usualLimits = {
  /** Milliseconds of silence after a request, after which a connection is asked whether it is still there. */
  silentMs: 2_000,
  /** Milliseconds for the answer: a server that has one thread may be busy. */
  pongMs: 15_000,
  /** Milliseconds for the answer on a connection that was unused before, where it is likely that nobody is there any more. */
  firstPongMs: 3_000,
  /** Milliseconds that a request waits for the answer before it goes elsewhere. */
  proofMs: 1_000,
  /** Streams after which another connection takes over. A connection has 2^30 (RFC 9113 5.1.1). */
  maxStreams: 2 ** 29,
  /** Streams after which the connection takes no more, because the endpoint would close it. */
  allStreams: Infinity,
  /**
   * Streams that we have reset after which another connection takes over: node:http2 closes a connection, with all that runs on it,
   * after 1,000 resets, Envoy after 500.
   */
  maxResets: 300,
  /** Milliseconds after which another connection takes over. */
  maxAgeMs: 3_600_000,
  /** Milliseconds without a stream after which a connection is closed: nginx closes it after 75 s, load balancers after 60 s. */
  keptMs: 25_000,
  /**
   * Milliseconds without a stream after which a connection is asked for a sign of life before it gets a request that cannot be
   * sent twice.
   */
  staleMs: 1_000,
  /** Milliseconds after which an endpoint that offered HTTP/1.1 only is asked for HTTP/2 again. */
  recheckMs: 60_000,
};

/** When a connection is given up, or asked whether it is still there. */
export type ConnectionLimits = Readonly<typeof usualLimits>;
