/**
 * The public types as users meet them. Nothing here runs: the type check compiles it, and fails where a line that should
 * be refused is not.
 */
import http from 'node:http';
import http2 from 'node:http2';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import {
  type AttemptOutcome,
  type AttemptReport,
  type BalancingProxy,
  BalancingProxyError,
  type BalancingProxyOptions,
  createBalancingProxy,
  type EndpointOption,
  type EndpointSnapshot,
  type ErrorCode,
  type GotTransportOptions,
  gotTransport,
  type Next,
  type Observer,
  type ProxyEvent,
  type RequestEnded,
  type Strategy,
  type TerminalStatuses,
  type TimeoutOptions,
  type TlsOptions,
  type Transport,
  type UpstreamRequest,
  type UpstreamResponse,
} from '../src/index.ts';

const endpoints = ['http://one.example'] as const;

export function isMountedAnywhere(proxy: BalancingProxy): void {
  const app = express();
  app.use(proxy);
  app.use('/api', proxy);
  app.get('/one', proxy);
  app.all('/*path', express.json(), proxy);
  express.Router().use(proxy);
  http.createServer(proxy);
  http.createServer((req, res) => proxy(req, res));
  http.createServer((req, res) => proxy(req, res, (error) => void error));
  proxy satisfies RequestHandler;
  proxy satisfies http.RequestListener;
  http2.createServer(proxy);
  http2.createSecureServer({ allowHTTP1: true }, proxy);
}

export const everyOption: Required<BalancingProxyOptions> = {
  endpoints: [
    'http://one.example',
    new URL('http://two.example'),
    { url: 'http+unix://%2Fsock', name: 'three', headers: { 'X-Key': 'k', Accept: ['a', 'b'] } },
    { url: new URL('http://four.example') },
  ],
  terminalStatuses: ['2xx', 404, '200-204'],
  strategy: 'failover',
  timeouts: { connectMs: 1, responseMs: 2, idleMs: 3, totalMs: Infinity },
  bodyLimitBytes: 0,
  largeBody: 'stream',
  pathRewrite: (path, req) => `${path}?${req.method}`,
  preserveHost: true,
  rewriteRequest: (headers, { req, endpoint }) => ({
    cookie: undefined,
    'x-key': [`${headers.host}`, endpoint, `${req.url}`],
  }),
  rewriteResponse: async (_headers, { status }) => ({ 'x-status': String(status) }),
  trustForwarded: (req) => req.socket.remoteAddress === '10.0.0.1',
  via: 'fleet',
  exposeEndpoint: true,
  tls: { ca: ['pem'], cert: 'pem', key: Buffer.from('pem'), rejectUnauthorized: true },
  transport: gotTransport({ maxFreeSockets: 8 }),
};

export const minimal: BalancingProxyOptions = { endpoints };
export const statuses: readonly TerminalStatuses[] = ['200', 200, '100,200', [200, '404']];
export const strategies: readonly Strategy[] = ['race', 'failover'];

// @ts-expect-error: endpoints are required
createBalancingProxy({});
// @ts-expect-error: options are required
createBalancingProxy();
// @ts-expect-error: an unknown option
createBalancingProxy({ endpoints, changeOrigin: true });
// @ts-expect-error: an unknown nested option
createBalancingProxy({ endpoints, timeouts: { connectMS: 1 } });
// @ts-expect-error: an unknown option of an endpoint
createBalancingProxy({ endpoints: [{ url: 'http://one.example', header: {} }] });
// @ts-expect-error: an endpoint without a URL
createBalancingProxy({ endpoints: [{ name: 'one' }] });
// @ts-expect-error: a strategy that does not exist
createBalancingProxy({ endpoints, strategy: 'random' });
// @ts-expect-error: one endpoint is a list, too
createBalancingProxy({ endpoints: 'http://one.example' });
// @ts-expect-error: a number is not a duration with a unit
createBalancingProxy({ endpoints, timeouts: { idleMs: '5s' } });
// @ts-expect-error: a transport closes as well
createBalancingProxy({ endpoints, transport: { send: () => Promise.reject(new Error()) } });
// @ts-expect-error: an unknown setting of the transport
gotTransport({ retry: 2 });

export function reportsEverything(proxy: BalancingProxy): void {
  const observer: Observer = (event) => void describe(event);
  const unsubscribe: () => void = proxy.subscribe(observer);
  unsubscribe();
  const snapshots: readonly EndpointSnapshot[] = proxy.endpoints;
  void snapshots.map(({ name, inFlight, successes, failures, cancelled }) => [
    name satisfies string,
    (inFlight + successes + failures + cancelled) satisfies number,
  ]);
  proxy.close() satisfies Promise<void>;
  // @ts-expect-error: snapshots are for reading
  proxy.endpoints = [];
}

/** Every kind of event can be told by its type, and none is forgotten. */
function describe(event: ProxyEvent): string {
  switch (event.type) {
    case 'request-started':
      return `${event.requestId} ${event.method} ${event.url}`;
    case 'attempt-started':
      return `${event.attempt} ${event.endpoint}`;
    case 'attempt-ended':
      return `${event.attempt} ${event.report.outcome} ${event.report.status ?? event.report.error?.code}`;
    case 'response-started':
      return `${event.status} ${event.endpoint}`;
    case 'request-ended':
      return ended(event);
    default:
      return event satisfies never;
  }
}

function ended({ status, winner, bytes, durationMs, attempts, error }: RequestEnded): string {
  const outcomes: ReadonlyArray<AttemptOutcome | 'pending'> = attempts.map(({ outcome }: AttemptReport) => outcome);
  return `${status ?? error?.status} ${winner} ${bytes + durationMs} ${outcomes}`;
}

export const answerError: ErrorRequestHandler = (error, _req, res, next) => {
  if (!(error instanceof BalancingProxyError)) return next(error);
  const code: ErrorCode = error.code;
  res.set(error.headers ?? {});
  res.status(error.status).json({ code, attempts: error.attempts.map(({ endpoint }) => endpoint) });
};

// @ts-expect-error: a code that does not exist
export const wrongCode: ErrorCode = 'ERR_BRP_NONSENSE';

/** A transport of one's own around the default one. */
export function loggingTransport(settings: GotTransportOptions): Transport {
  const inner = gotTransport(settings);
  return {
    async send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse> {
      const response = await inner.send(request, signal);
      console.log(request.method, request.target, request.address.name, response.status, response.trailers());
      return response;
    },
    close: () => inner.close(),
  };
}

export interface Frame {
  readonly next: Next;
  readonly endpoint: EndpointOption;
  readonly timeouts: TimeoutOptions;
  readonly tls: TlsOptions;
}
