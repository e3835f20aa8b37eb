import '../../support/refuse-old-node.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { ManagedProxy } from '../../events/observed-proxy.ts';
import type { Next } from '../../support/next.ts';
import { trueOrFalse } from '../../support/parser/kinds.ts';
import { type OptionTable, objectOf, option } from '../../support/parser/option.ts';
import { parseOrThrow } from '../../support/parser/problems.ts';
import { changeAt, makeChange } from './changes.ts';
import { Feed } from './feed.ts';
import { readPageFiles } from './page-files.ts';
import { lacksSlash, mountedPath, redirectToSlash, sendFile, sendHead, sendLine, type Visit } from './responses.ts';

export type { ManagedProxy } from '../../events/observed-proxy.ts';

/** How {@link createDashboard} shows a proxy. */
export interface DashboardOptions {
  /**
   * Let the page drain and restore endpoints. Whoever can open the page can do so: put it behind your authentication. Such requests
   * are taken from the page itself only, opened by https, on localhost or by an IP address.
   * @default false
   */
  readonly allowActions?: boolean | undefined;
}

/** The options of {@link createDashboard}. */
export const dashboardOptions = {
  allowActions: option(trueOrFalse, false, 'Let the page drain and restore endpoints'),
} satisfies OptionTable<DashboardOptions>;

const parseOptions = objectOf(dashboardOptions);

/** The middleware that {@link createDashboard} makes. */
export interface Dashboard {
  /** Serves the page and its files. All other requests go to `next`, or are answered with 404 without one. */
  (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse, next?: Next): void;
  /** Ends the streams of all viewers, because a server that closes would wait for them, and refuses new viewers. */
  close(): void;
}

/** A path that is served. */
interface Route {
  /** The methods that are allowed. */
  readonly methods: readonly string[];
  /** Answers the request. */
  readonly serve: () => void;
}

const reading = ['GET', 'HEAD'];

/**
 * Makes a middleware that serves a page which shows live what a proxy does: the state of every endpoint, and the last races. The proxy
 * is observed only while somebody watches. The files of the page are read once, here.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists all that is wrong with the options.
 */
export function createDashboard(source: ManagedProxy, options: DashboardOptions = {}): Dashboard {
  const { allowActions } = parseOrThrow(parseOptions, options);
  const feed = new Feed(source, allowActions);
  const files = readPageFiles();

  function routeFor(visit: Visit): Route | undefined {
    const path = mountedPath(visit.req.url);
    if (path === '/events') return { methods: reading, serve: () => startStream(visit, feed) };
    const change = allowActions ? changeAt(path) : undefined;
    if (change) return { methods: ['POST'], serve: () => makeChange(visit, { source, feed, change }) };
    const file = files.get(path);
    if (!file) return undefined;
    const isLost = path === '/' && lacksSlash(visit);
    return { methods: reading, serve: () => (isLost ? redirectToSlash(visit) : sendFile(visit, file)) };
  }

  function dashboard(req: IncomingMessage, res: ServerResponse, next?: Next): void {
    const visit = { req, res };
    const route = routeFor(visit);
    if (!route && next) next();
    else if (!route) sendLine(visit, 404);
    else if (route.methods.includes(req.method ?? '')) route.serve();
    else sendLine(visit, 405, { Allow: route.methods.join(', ') });
  }

  return Object.defineProperties(dashboard, {
    close: { value: () => feed.close(), enumerable: true },
  }) as Dashboard;
}

function startStream(visit: Visit, feed: Feed): void {
  if (!feed.isOpen) {
    sendLine(visit, 503, { 'Retry-After': '10' }, 'too many viewers, or the dashboard is closed');
    return;
  }
  // Without `X-Accel-Buffering: no` nginx would collect the events before it passes them on.
  sendHead(visit, 200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
  if (visit.req.method === 'HEAD') visit.res.end();
  else feed.add(visit.res);
}
