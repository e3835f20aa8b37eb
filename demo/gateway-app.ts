import { STATUS_CODES } from 'node:http';
import compression from 'compression';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import httpProxy from 'http-proxy';
import type { BalancingProxy } from '../src/index.ts';
import type { Dashboard } from '../src/observers/dashboard/dashboard.ts';

/** The proxy, the dashboard and the server that the gateway hands requests to. */
export interface GatewayOptions {
  /** Answers what is under `/api`. */
  readonly api: BalancingProxy;
  /** Shows what `api` does, under `/dashboard`. In an app with users it would stand behind their login. */
  readonly dashboard: Dashboard;
  /** The one server that answers what is under `/legacy`. */
  readonly legacyUrl: string;
}

/** Makes an Express app with routes of its own beside those that it forwards, to several endpoints and to just one. */
export function createGatewayApp({ api, dashboard, legacyUrl }: GatewayOptions): Express {
  const app = express().disable('x-powered-by');
  // The demo's answers are below the kilobyte from which compression starts by default.
  app.use(compression({ threshold: 0 }));
  // Both proxies forward the body of a request as it comes, so they stand before any middleware that reads it.
  app.use('/api', api);
  app.use('/legacy', forwardTo(legacyUrl));
  app.use('/dashboard', dashboard);
  app.post('/echo', express.json(), (req, res) => void res.json({ youSent: req.body ?? null }));
  app.get('/', (req, res) => void res.type('text/plain').send(indexFor(req)));
  app.use(answerError);
  return app;
}

/** The ordinary way, for a server that is the only one of its kind. */
function forwardTo(url: string): RequestHandler {
  const forwarder = httpProxy.createProxyServer({ target: url });
  return (req, res, next) => forwarder.web(req, res, {}, (cause) => next(new LegacyError(cause)));
}

/** The legacy server gave no answer. */
class LegacyError extends Error {
  readonly status = 502;
  readonly code = 'ERR_LEGACY';

  constructor(cause: Error) {
    super('the legacy server gave no answer', { cause });
  }
}

/** An error as our proxy, body parsers and Express's router make it. */
interface HttpError extends Error {
  readonly status?: number;
  readonly code?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Express knows an error handler by its four parameters. */
const answerError: ErrorRequestHandler = (error: HttpError, _req, res, next) => {
  if (res.headersSent) {
    next(error);
    return;
  }
  const { status = 500, code = error.type ?? 'ERR_INTERNAL', headers = {} } = error;
  // The message of an inner error may name servers, which is nobody's business outside.
  const message = status < 500 ? error.message : STATUS_CODES[status];
  res.status(status).set(headers).json({ error: { status, code, message } });
};

function indexFor(req: Request): string {
  const url = `http://${req.get('host')}`;
  return [
    'A gateway. Try:',
    `  curl -i ${url}/api/hello            # the first usable response of several flaky servers`,
    `  curl -i --compressed ${url}/api/hello`,
    `  curl -i -d name=Joe ${url}/api/hello`,
    `  curl -i ${url}/legacy/hello         # one ordinary server, by http-proxy`,
    `  curl -i --json '{"name":"Joe"}' ${url}/echo`,
    `  curl -i --json '{"name":' ${url}/echo   # an error, as JSON`,
    `and in a browser ${url}/dashboard: what becomes of all that is under /api.`,
    '',
  ].join('\n');
}
