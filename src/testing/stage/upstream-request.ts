import { parseAddress } from '../../endpoints/place/address.ts';
import type { UpstreamRequest } from '../../transports/message/transport.ts';

/** How a request of {@link upstreamRequest} differs from a plain GET. */
export interface UpstreamRequestParts extends Partial<UpstreamRequest> {
  /** The IP address to connect to, in place of a lookup of the URL's host name. */
  readonly connectTo?: string;
}

/**
 * A request as the proxy hands it to a transport, for tests.
 * @param url the endpoint: `http:`, `https:` or `http+unix:`.
 * @param parts what is not as in a GET of `/` with `Host` alone, 1,000 ms to connect and no other limit.
 */
export function upstreamRequest(url: string, { connectTo, ...parts }: UpstreamRequestParts = {}): UpstreamRequest {
  const address = parseAddress({ url: new URL(url), address: connectTo });
  return {
    address,
    method: 'GET',
    target: '/',
    headers: ['Host', address.host],
    body: undefined,
    connectMs: 1_000,
    idleMs: Infinity,
    tls: undefined,
    freshConnection: false,
    ...parts,
  };
}
