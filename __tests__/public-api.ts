/**
 * The public types as users meet them. Nothing here runs: the type check compiles it, and fails where a line that should
 * be refused is not.
 */
import dns from 'node:dns';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { trace } from '@opentelemetry/api';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import pino from 'pino';
import { type OpenMetricsContentType, Registry } from 'prom-client';
import { Agent, MockAgent, ProxyAgent } from 'undici';
import winston from 'winston';
import {
  type AgentOption,
  type AgentPair,
  type AttemptOutcome,
  type AttemptReason,
  type AttemptReport,
  type BalancingProxy,
  BalancingProxyError,
  type BalancingProxyOptions,
  type BodyBreak,
  type ChannelMessage,
  type CookieRewrite,
  createBalancingProxy,
  type DnsAnswer,
  type DnsEndpointsOptions,
  type DnsRecord,
  type DnsSnapshot,
  dnsEndpoints,
  type EjectionCause,
  type EjectionOptions,
  type EndpointAddress,
  type EndpointOption,
  type EndpointOptions,
  type EndpointSnapshot,
  type EndpointState,
  type EndpointsByDns,
  type EndpointsFunction,
  type ErrorCode,
  type ErrorDetails,
  type GotTransportOptions,
  gotTransport,
  type HeaderChanges,
  type HeaderHook,
  type HedgeOptions,
  type HookContext,
  type InspectedResponse,
  type InterimResponse,
  type LargeBody,
  type LatencySummary,
  type Logger,
  type Next,
  type NodeTransportOptions,
  nodeTransport,
  type Observer,
  type Order,
  type PathRewrite,
  type PathRewriteRules,
  type Percentile,
  type ProxyEvent,
  type RequestEnded,
  type RequestOutcome,
  type ResumeMode,
  type Strategy,
  type TerminalStatuses,
  type TimeoutOptions,
  type TlsOptions,
  type TlsVersion,
  type Transport,
  type UpgradedConnection,
  type UpstreamRequest,
  type UpstreamResponse,
  type WinAt,
} from '../src/index.ts';
import {
  type Intercept,
  type InterceptedChanges,
  type InterceptedResponse,
  type InterceptOptions,
  interceptResponse,
} from '../src/interception/intercept-response.ts';
import {
  createDashboard,
  type Dashboard,
  type DashboardOptions,
  type ManagedProxy,
} from '../src/observers/dashboard/dashboard.ts';
import {
  createMetrics,
  type Metrics,
  type MetricsOptions,
  type MetricsRegistry,
  mergeMetrics,
  type ObservedProxy,
} from '../src/observers/metrics/metrics.ts';
import { type TraceAttemptsOptions, traceAttempts } from '../src/observers/tracing/opentelemetry.ts';
import {
  type FakeAnswer,
  type FakeResponse,
  type FakeTransport,
  fakeTransport,
  type TransportCase,
  type TransportContractOptions,
  testCertificate,
  transportContract,
  type UpstreamRequestParts,
  upstreamRequest,
} from '../src/testing/testing.ts';
import { type DispatcherOption, type UndiciTransportOptions, undiciTransport } from '../src/transports/undici.ts';

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
    {
      url: new URL('http://four.example'),
      address: '10.0.0.4',
      tier: 1,
      timeouts: { connectMs: 1, responseMs: 2, firstByteMs: 3, idleMs: 4 },
      tls: { servername: 'four.internal' },
      maxInFlight: 1,
      terminalStatuses: '!429',
    },
  ],
  terminalStatuses: ['2xx', 404, '200-204'],
  isUsable: async ({ status, headers, body }) => status !== 200 || headers.etag !== '' || (await body()).length > 0,
  inspectLimitBytes: 1_024,
  preferStatuses: '200,300',
  preferGraceMs: 50,
  holdBytes: 1_024,
  holdMs: 0,
  winAt: 'first-event',
  resume: 'replay' satisfies ResumeMode,
  maxResumes: 3,
  strategy: (req) => (req.url === '/slow' ? 'hedge' : 'failover'),
  unsafeMethods: ({ url }) => (url === '/search' ? 'race' : 'single'),
  hedge: {
    delayMs: 'p99.9',
    minDelayMs: 1,
    maxDelayMs: 1_000,
    budgetRatio: 0.1,
    budgetFloor: 0,
    maxConcurrent: 10,
  },
  maxAttempts: 3,
  tierDelayMs: 500,
  retry: { forMs: 5_000, everyMs: 100 },
  fallthrough: true,
  order: 'fastest',
  maxInFlight: 100,
  loserGraceMs: 5,
  ejection: { consecutiveFailures: 3, failureRatio: 0.5, minRequests: 10, baseMs: 500, maxMs: 10_000 },
  timeouts: { connectMs: 1, responseMs: 2, firstByteMs: 5, idleMs: 3, totalMs: Infinity, clientMs: 4 },
  bodyLimitBytes: 0,
  largeBody: 'stream',
  pathRewrite: (path, req) => (req.method === 'GET' ? path.replace('/api', '') : path),
  preserveHost: true,
  rewriteRequest: (headers, { req, endpoint, attempt, reason }) => ({
    'X-Endpoint': endpoint,
    'X-Attempt': `${attempt satisfies number} ${reason satisfies AttemptReason}`,
    'X-Original': [req.url ?? '', headers.host ?? ''],
    Cookie: undefined,
  }),
  rewriteResponse: async (_headers, { status }) => (status === 404 ? { 'Cache-Control': 'no-store' } : undefined),
  cookieDomainRewrite: { 'api.internal': 'example.com', '*': '' },
  cookiePathRewrite: '/api' satisfies CookieRewrite,
  locationRewrite: new URL('https://www.example.com/shop'),
  trustForwarded: (req) => req.socket.remoteAddress === '10.0.0.1',
  via: 'fleet',
  exposeEndpoint: true,
  xRequestId: true,
  exposeAttempts: true,
  logger: console,
  logQuery: true,
  tls: {
    ca: ['pem'],
    cert: 'pem',
    key: Buffer.from('pem'),
    passphrase: 'secret',
    rejectUnauthorized: true,
    servername: 'api.internal',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    minVersion: 'TLSv1.2' satisfies TlsVersion,
    maxVersion: 'TLSv1.3',
  },
  transport: gotTransport({ maxFreeSockets: 8, http2: true }),
};

export const minimal: BalancingProxyOptions = { endpoints };
export const statuses: readonly TerminalStatuses[] = ['200', 200, '100,200', [200, '404']];
export const strategies: readonly Strategy[] = ['race', 'hedge', 'failover', 'single'];
export const chosen: readonly BalancingProxyOptions[] = [
  { endpoints, trustForwarded: ['10.0.0.0/8', 'fd00::/8', 'unix'] },
  { endpoints: (req) => [`http://${req.headers['x-tenant']}.example`, { url: 'http://two.example', name: 'two' }] },
  { endpoints: async () => endpoints },
  { endpoints, ejection: false },
  { endpoints, hedge: { delayMs: 50 } },
  { endpoints, isUsable: () => true },
  { endpoints, pathRewrite: { '^/api/': '/' } satisfies PathRewriteRules },
  { endpoints, locationRewrite: true },
];

export const everyDnsOption: Required<DnsEndpointsOptions> = {
  record: 'SRV',
  refreshMs: 10_000,
  servers: ['10.0.0.53', '[2001:db8::53]:5353'],
  timeoutMs: 1_000,
  headers: { 'X-Key': 'k' },
  tier: 1,
  timeouts: { connectMs: 1 },
  tls: { servername: 'api.internal' },
  maxInFlight: 1,
  terminalStatuses: '!429',
};
export const everyNameOption: Required<EndpointsByDns> = {
  dns: new URL('http://api.internal:8080'),
  ...everyDnsOption,
};
export const named = createBalancingProxy({
  endpoints: [{ dns: 'http://api.internal' }, everyNameOption, 'http://one.example'],
});
export const names: readonly DnsSnapshot[] = named.names;
export const answers: readonly DnsAnswer[] = names.flatMap((name) => name.answers ?? []);
named.discover(names) satisfies Promise<void>;
// @ts-expect-error: a function has to ask DNS itself
createBalancingProxy({ endpoints: () => [{ dns: 'http://api.internal' }] });

export const dnsRecords: readonly DnsRecord[] = ['A', 'AAAA', 'SRV'];
export const byDns: readonly BalancingProxyOptions[] = [
  { endpoints: dnsEndpoints('http://api.internal:8080') },
  { endpoints: dnsEndpoints(new URL('https://_https._tcp.api.internal'), everyDnsOption) },
];
dnsEndpoints('http://api.internal') satisfies EndpointsFunction;

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
// @ts-expect-error: an address is text
createBalancingProxy({ endpoints: [{ url: 'http://one.example', address: 1 }] });
// @ts-expect-error: a record that names no endpoint
dnsEndpoints('http://api.internal', { record: 'MX' });
// @ts-expect-error: an unknown option of dnsEndpoints
dnsEndpoints('http://api.internal', { ttl: 1 });
// @ts-expect-error: an endpoint without a URL
createBalancingProxy({ endpoints: [{ name: 'one' }] });
// @ts-expect-error: a cookie's domain is text
createBalancingProxy({ endpoints, cookieDomainRewrite: { '*': 1 } });
// @ts-expect-error: a strategy that does not exist
createBalancingProxy({ endpoints, strategy: 'random' });
// @ts-expect-error: a strategy is chosen at once
createBalancingProxy({ endpoints, strategy: async () => 'race' });
// @ts-expect-error: a percentile is written with a p
createBalancingProxy({ endpoints, hedge: { delayMs: '95' } });
// @ts-expect-error: an unknown option of hedge
createBalancingProxy({ endpoints, hedge: { delay: 50 } });
// @ts-expect-error: an unknown option of ejection
createBalancingProxy({ endpoints, ejection: { base: 50 } });
// @ts-expect-error: an order that does not exist
createBalancingProxy({ endpoints, order: 'slowest' });
// @ts-expect-error: an endpoints function gives a list
createBalancingProxy({ endpoints: () => 'http://one.example' });
// @ts-expect-error: a predicate says yes or no
createBalancingProxy({ endpoints, isUsable: ({ status }) => status });
// @ts-expect-error: one endpoint is a list, too
createBalancingProxy({ endpoints: 'http://one.example' });
// @ts-expect-error: a number is not a duration with a unit
createBalancingProxy({ endpoints, timeouts: { idleMs: '5s' } });
// @ts-expect-error: a transport closes as well
createBalancingProxy({ endpoints, transport: { send: () => Promise.reject(new Error()) } });
// @ts-expect-error: an unknown setting of the transport
gotTransport({ retry: 2 });
// @ts-expect-error: an unknown setting of the other transport
undiciTransport({ maxFreeSockets: 8 });

export const everySetting: Required<UndiciTransportOptions> = {
  connections: 10,
  pipelining: 2,
  allowH2: true,
  http2: true,
  localAddress: '::1',
  lookup: dns.lookup,
  keepAliveTimeoutMs: 1_000,
  dispatcher: new MockAgent(),
  agent: new https.Agent(),
};
export const overUndici: BalancingProxyOptions = { endpoints, transport: undiciTransport(everySetting) };
const dispatchers: readonly DispatcherOption[] = [new MockAgent(), new ProxyAgent('http://proxy.example'), new Agent()];
for (const dispatcher of dispatchers) undiciTransport({ dispatcher });
const pair: AgentPair = { http: new http.Agent(), https: new https.Agent() };
const agents: readonly AgentOption[] = [new http.Agent(), new https.Agent(), pair];
for (const agent of agents) gotTransport({ agent });
// @ts-expect-error: an agent is made by whoever wants one
gotTransport({ agent: { keepAlive: true } });

export function reportsEverything(proxy: BalancingProxy): void {
  const observer: Observer = (event) => void describe(event);
  const unsubscribe: () => void = proxy.subscribe(observer);
  unsubscribe();
  const snapshots: readonly EndpointSnapshot[] = proxy.endpoints;
  void snapshots.map(({ name, inFlight, successes, wins, failures, timeouts, cancelled }) => [
    name satisfies string,
    (inFlight + successes + wins + failures + timeouts + cancelled) satisfies number,
  ]);
  void snapshots.map(({ state, backInMs, ejectionCause, healthRatio, latencyMs, latencyCount }) => [
    state satisfies EndpointState,
    ejectionCause satisfies EjectionCause | undefined,
    (backInMs + healthRatio + latencyCount) satisfies number,
    latencyMs satisfies LatencySummary | undefined,
  ]);
  proxy.hedgesDenied satisfies number;
  proxy.drain('http://one.example') satisfies boolean;
  proxy.restore('http://one.example') satisfies boolean;
  http.createServer().on('upgrade', proxy.upgrade);
  proxy.close() satisfies Promise<void>;
  // @ts-expect-error: snapshots are for reading
  proxy.endpoints = [];
}

/** A method as bunyan's types have it, whose first overload takes nothing. */
interface BunyanMethod {
  (): boolean;
  (error: Error, ...values: unknown[]): void;
  (fields: object, ...values: unknown[]): void;
}
declare const bunyan: { info: BunyanMethod; warn: BunyanMethod };

/** pino, bunyan, winston and console are loggers, and so is anything that takes a line. */
export const loggers: () => readonly Logger[] = () => [
  bunyan,
  console,
  pino(),
  winston.createLogger(),
  { info: (line: string) => line, warn: (line: string) => line },
  { info: (fields: object, line: string) => [fields, line], warn: (fields: object, line: string) => [fields, line] },
];
// @ts-expect-error: a logger also warns
export const noLogger: Logger = { info: () => {} };

/** What a tool that follows every proxy of a process gets. */
export function onMessage({ proxy, event }: ChannelMessage<RequestEnded>): string {
  return `${typeof proxy} ${event.durationMs}`;
}

export const everyTracingOption: Required<TraceAttemptsOptions> = {
  tracerProvider: trace.getTracerProvider(),
  urlQuery: true,
};

export function tracesAttempts(proxy: BalancingProxy): void {
  traceAttempts(proxy, everyTracingOption);
  const stop: () => void = traceAttempts({ subscribe: proxy.subscribe });
  stop();
  // @ts-expect-error: an unknown option
  traceAttempts(proxy, { provider: trace });
}

export const everyMetricsOption: Required<MetricsOptions> = {
  registry: new Registry<OpenMetricsContentType>(),
  buckets: [0.01, 0.1, 1] as const,
};

export function measures(proxy: BalancingProxy): void {
  const metrics: Metrics = createMetrics(everyMetricsOption);
  createMetrics() satisfies Metrics;
  const observed: ObservedProxy = { endpoints: proxy.endpoints, subscribe: proxy.subscribe };
  const stop: () => void = metrics.observe(observed);
  metrics.observe(proxy);
  stop();
  metrics.handler satisfies RequestHandler;
  express().get('/metrics', metrics.handler);
  http.createServer(metrics.handler);
  metrics.registry satisfies MetricsRegistry;
  mergeMetrics([]) satisfies Promise<string>;
  // @ts-expect-error: an unknown option
  createMetrics({ prefix: 'x' });
}

export const everyDashboardOption: Required<DashboardOptions> = { title: 'api', allowActions: true };

export function showsEverything(proxy: BalancingProxy): void {
  const dashboard: Dashboard = createDashboard(proxy, everyDashboardOption);
  const { endpoints, hedgesDenied, subscribe, drain, restore } = proxy;
  const source: ManagedProxy = { endpoints, hedgesDenied, subscribe, drain, restore };
  express().use('/dashboard', createDashboard(source));
  http.createServer(dashboard);
  http2.createServer(dashboard);
  dashboard satisfies RequestHandler;
  dashboard.close();
  // @ts-expect-error: an unknown option
  createDashboard(proxy, { actions: true });
  // @ts-expect-error: something to show is required
  createDashboard();
}

/** Every kind of event can be told by its type, and none is forgotten. */
function describe(event: ProxyEvent): string {
  switch (event.type) {
    case 'request-started':
      return `${event.requestId} ${event.method} ${event.url} ${event.traceparent} ${event.tracestate}`;
    case 'attempt-started':
      return `${event.attempt} ${event.endpoint} ${event.origin}${event.target} ${describeReason(event.reason)}`;
    case 'attempt-ended':
      return `${event.attempt} ${event.report.outcome} ${event.report.status ?? event.report.error?.code}`;
    case 'response-started':
      return `${event.status} ${event.endpoint} ${event.afterMs satisfies number}`;
    case 'request-ended':
      return ended(event);
    case 'hedge-denied':
      return `${event.requestId}`;
    case 'endpoint-ejected':
      return `${event.endpoint} ${event.forMs} ${event.cause satisfies EjectionCause}`;
    case 'endpoint-drained':
    case 'endpoint-restored':
      return event.endpoint;
    case 'endpoints-changed':
      return `${event.dns}: ${event.endpoints.join()}, with ${event.added.join()}, without ${event.removed.join()}`;
    case 'dns-failed':
      return `${event.dns} ${event.problem satisfies string}`;
    case 'dns-restored':
      return event.dns;
    default:
      return event satisfies never;
  }
}

/** A reason that this does not know would not compile. */
function describeReason(reason: AttemptReason): string {
  const words = {
    first: 'first',
    race: 'at once',
    hedge: 'by time',
    failure: 'after a failure',
    tier: 'as a backup',
    retry: 'once more',
    resume: 'goes on',
  };
  return words[reason];
}

function ended(event: RequestEnded): string {
  const { status, winner, bytes, durationMs, attempts, isBodyStreamed, strategy, error, resumes } = event;
  const isPassedOn = (event.outcome satisfies RequestOutcome) === 'passed-on';
  const breaks = attempts.map(({ brokeOff }) => (brokeOff satisfies BodyBreak | undefined)?.atByte);
  const heads = attempts.map(({ headAfterMs }) => headAfterMs satisfies number | undefined);
  const outcomes: ReadonlyArray<AttemptOutcome | 'pending'> = attempts.map(({ outcome }: AttemptReport) => outcome);
  return `${isPassedOn} ${status ?? error?.status} ${winner} ${bytes + durationMs} ${outcomes} ${isBodyStreamed} ${strategy} ${resumes satisfies number} ${breaks} ${heads}`;
}

export const answerError: ErrorRequestHandler = (error, _req, res, next) => {
  if (!(error instanceof BalancingProxyError)) return next(error);
  const code: ErrorCode = error.code;
  res.set(error.headers ?? {});
  if (error.expose satisfies boolean) console.log(error.message);
  res
    .status(error.statusCode satisfies number)
    .json({ code, attempts: error.attempts.map(({ endpoint }) => endpoint) });
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

/** A transport of one's own, with nothing around it. */
export class OwnTransport implements Transport {
  async send({ address, onInterim }: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse> {
    signal.throwIfAborted();
    onInterim?.({ status: 103, headers: [] } satisfies InterimResponse);
    const details: ErrorDetails = { cause: new Error('no route') };
    throw new BalancingProxyError('ERR_BRP_CONNECT', placeOf(address), details);
  }

  async close(): Promise<void> {}
}

function placeOf({ socketPath, connectTo, hostname, port }: EndpointAddress): string {
  return socketPath ?? `${connectTo ?? hostname}:${port}`;
}

export const everyNodeSetting: Required<NodeTransportOptions> = {
  maxFreeSockets: 8,
  keepAliveTimeoutMs: Infinity,
  http2: true,
  localAddress: '10.0.0.7',
  lookup: dns.lookup,
  agent: { http: new http.Agent() },
};
export const overNode: BalancingProxyOptions = { endpoints, transport: nodeTransport(everyNodeSetting) };
gotTransport(everyNodeSetting);
// @ts-expect-error: an unknown setting of the plain transport
nodeTransport({ connections: 10 });

const parts: UpstreamRequestParts = { method: 'POST', body: Buffer.from('a'), connectTo: '127.0.0.1' };
upstreamRequest('http://one.example', parts) satisfies UpstreamRequest;
const answer: FakeAnswer = async ({ address }): Promise<FakeResponse> => ({ status: 404, body: address.name });
const fake: FakeTransport = fakeTransport(answer);
fake.requests[0]?.target satisfies string | undefined;
const contractOptions: Required<TransportContractOptions> = {
  protocol: 'h2',
  certificate: testCertificate,
  caseTimeoutMs: 1_000,
};
const cases: readonly TransportCase[] = transportContract(() => fake, contractOptions);
export const running = cases.map(({ topic, name, run }): [string, Promise<void>] => [`${topic} ${name}`, run()]);

export interface Frame {
  readonly next: Next;
  readonly endpoint: EndpointOption;
  readonly endpointOptions: EndpointOptions;
  readonly endpoints: EndpointsFunction;
  readonly timeouts: TimeoutOptions;
  readonly hedge: HedgeOptions;
  readonly delay: Percentile;
  readonly ejection: EjectionOptions;
  readonly order: Order;
  readonly largeBody: LargeBody;
  readonly winAt: WinAt;
  readonly pathRewrite: PathRewrite;
  readonly hook: HeaderHook;
  readonly context: HookContext;
  readonly changes: HeaderChanges;
  readonly inspected: InspectedResponse;
  readonly interim: InterimResponse;
  readonly upgraded: UpgradedConnection;
  readonly tls: TlsOptions;
}

const intercept: Intercept = async (body: Buffer, { status, headers, req }: InterceptedResponse) => {
  const changes: InterceptedChanges = { status: status + 1, headers: { 'X-Url': req.url, Etag: undefined }, body };
  return headers['content-type'] === undefined ? undefined : changes;
};
const everyInterceptOption: Required<InterceptOptions> = { limitBytes: 1_024 };
const intercepted = interceptResponse(createBalancingProxy(minimal), intercept, everyInterceptOption);
intercepted satisfies RequestHandler;
http.createServer(intercepted);
interceptResponse<express.Request>(createBalancingProxy<express.Request>(minimal), (_, { req }) => ({
  body: req.ip ?? '',
}));
// @ts-expect-error: a body is text or bytes
interceptResponse(createBalancingProxy(minimal), () => ({ body: 7 }));
