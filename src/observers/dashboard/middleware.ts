import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { product } from '../../http/via.ts';
import type { Next } from '../../support/next.ts';
import { changeAt, makeChange } from './changes.ts';
import { Feed, type FeedSettings } from './feed.ts';
import { readPageFiles } from './page-files.ts';
import { lacksSlash, mountedPath, redirectToSlash, sendFile, sendHead, sendLine, type Visit } from './responses.ts';

/** The middleware that `createDashboard` makes. */
export interface Dashboard {
  /** Serves the page and its files. All other requests go to `next`, or are answered with 404 without one. */
  (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse, next?: Next): void;
  /**
   * Ends the streams of all viewers, because a server that closes would wait for them, refuses new viewers, and observes the proxy no
   * longer.
   */
  close(): void;
}

/** A path that is served. */
interface Route {
  /** The methods that are allowed. */
  readonly methods: readonly string[];
  /** Answers the request. */
  readonly serve: () => void;
}

/** The heading of a page that is given none. */
export const defaultTitle = product;

const reading = ['GET', 'HEAD'];

/** Makes the middleware of a dashboard. The files of the page are read once, here. */
export function createMiddleware(settings: FeedSettings): Dashboard {
  const { source, allowActions } = settings;
  const feed = new Feed(settings);
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
