import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { UpgradeClient } from '../client/upgrade/upgrade.ts';
import type { DnsSnapshot } from '../endpoints/dns/dns-snapshot.ts';
import type { Observer, ProxyEvent } from '../events/events.ts';
import type { ManagedProxy } from '../events/observed-proxy.ts';
import { resolveOptions } from '../options/config.ts';
import type { BalancingProxyOptions } from '../options/options.ts';
import type { Next } from '../support/next.ts';
import { ProxyServer } from './proxy-server.ts';

/**
 * The middleware that `createBalancingProxy()` makes.
 * @typeParam Request what the functions among the options were written for, so that the proxy is mounted only where such requests come.
 */
export interface BalancingProxy<Request extends IncomingMessage = IncomingMessage> extends ManagedProxy {
  /** Answers one request. Without `next`, errors are answered with a short plain response. */
  (req: Request | Http2ServerRequest, res: ServerResponse | Http2ServerResponse, next?: Next): void;
  /**
   * Answers a request for an upgrade, such as a WebSocket's: `server.on('upgrade', proxy.upgrade)`. The handshake is raced like
   * any request; the first endpoint that switches protocols is joined to the client. The functions among the options get `req` as it is
   * here, without what a frame puts on its requests.
   */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** What DNS says for each item with `dns` of the option `endpoints`. */
  readonly names: readonly DnsSnapshot[];
  /**
   * Asks DNS for all names of the option `endpoints` that have no fresh answer, so that the first request finds their endpoints. Without
   * this, the first requests do so. Nothing is asked at creation, because a proxy may be made only to check its options.
   * @param before the `names` of a proxy in whose place this one comes: its answers count for as long as there is no better one.
   * @returns a promise that resolves when there are answers for all names, good or bad: at the latest after the longest `timeoutMs`.
   */
  discover(before?: readonly DnsSnapshot[]): Promise<void>;
  /** Refuses new requests with 503, waits for those in flight, then closes the connections to the endpoints. */
  close(): Promise<void>;
}

/**
 * Makes a middleware that forwards every request to several endpoints, streams the first usable response to the client
 * and cancels the rest.
 * @typeParam Request what the functions among the options get: the frame's own type of a request, such as Express's.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong with the options.
 */
export function createBalancingProxy<Request extends IncomingMessage = IncomingMessage>(
  options: BalancingProxyOptions<Request>,
): BalancingProxy<Request> {
  const server = new ProxyServer(resolveOptions(options as BalancingProxyOptions));

  function balancingProxy(req: Request, res: ServerResponse, next?: Next): void {
    server.serve({ req, res, next });
  }

  const proxy = Object.defineProperties(balancingProxy, {
    upgrade: {
      value: (req: IncomingMessage, socket: Duplex, head: Buffer) => {
        const upgrade = new UpgradeClient(req, socket, head);
        server.serve({ req, res: upgrade.res, upgrade });
      },
      enumerable: true,
    },
    endpoints: { get: () => server.pool.snapshots(), enumerable: true },
    hedgesDenied: { get: () => server.budget.denied, enumerable: true },
    names: { get: () => server.names, enumerable: true },
    discover: { value: (before?: readonly DnsSnapshot[]) => server.discover(before), enumerable: true },
    drain: { value: (endpoint: string) => server.change(endpoint, 'drain'), enumerable: true },
    restore: { value: (endpoint: string) => server.change(endpoint, 'restore'), enumerable: true },
    subscribe: {
      value: (observer: Observer, types?: ReadonlyArray<ProxyEvent['type']>) =>
        server.events.subscribe(observer, types),
      enumerable: true,
    },
    close: { value: () => server.close(), enumerable: true },
  }) as BalancingProxy<Request>;
  server.events.reportAs(proxy);
  return proxy;
}
