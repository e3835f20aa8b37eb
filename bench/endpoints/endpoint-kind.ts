/** How an endpoint behaves: at once; at once over TLS; after 50 ms; with a stream of events that has no end. */
export type EndpointKind = 'fast' | 'tls' | 'slow' | 'streams';

/** How many there are of each kind. */
export const endpointCounts: Readonly<Record<EndpointKind, number>> = { fast: 16, tls: 4, slow: 1, streams: 1 };

/** Some endpoints in processes of their own. */
export interface Endpoints {
  readonly urls: Readonly<Partial<Record<EndpointKind, readonly string[]>>>;
  /** How many connections they have accepted so far, all together. */
  acceptedConnections(): Promise<number>;
}
