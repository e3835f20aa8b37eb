/**
 * The types of a frame's own requests, and of options that are there but undefined. Nothing here runs: the type check compiles it, and
 * fails where a line that should be refused is not.
 */
import http, { type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import connect from 'connect';
import express, { type Request as ExpressRequest } from 'express';
import express4, { type Request as Express4Request } from 'express4';
import polka from 'polka';
import {
  type BalancingProxy,
  type BalancingProxyOptions,
  createBalancingProxy,
  type DnsEndpointsOptions,
  type EjectionOptions,
  type EndpointOptions,
  type EndpointsByDns,
  type EndpointsFunction,
  type ErrorDetails,
  type GotTransportOptions,
  type HeaderHook,
  type HedgeOptions,
  type HookContext,
  type IsUsable,
  type PathRewrite,
  type RetryOptions,
  type TimeoutOptions,
  type TlsOptions,
} from '../src/index.ts';
import type { DashboardOptions } from '../src/observers/dashboard/dashboard.ts';
import type { MetricsOptions } from '../src/observers/metrics/metrics.ts';
import type { TraceAttemptsOptions } from '../src/observers/tracing/opentelemetry.ts';
import type { FakeResponse, TransportContractOptions } from '../src/testing/testing.ts';
import type { UndiciTransportOptions } from '../src/transports/undici.ts';

const endpoints = ['http://one.example'] as const;

/** A request on which a login has put something. */
interface KnownRequest extends ExpressRequest {
  readonly user: string;
}

/** All functions among the options that get the request. */
const everyFunction: BalancingProxyOptions<KnownRequest> = {
  endpoints: ({ user }) => [`http://${user}.example`],
  strategy: ({ user }) => (user === 'admin' ? 'race' : 'failover'),
  unsafeMethods: ({ user }) => (user === 'admin' ? 'race' : 'single'),
  isUsable: ({ status }, { req }) => status === 200 || req.user === 'admin',
  pathRewrite: (path, { user, originalUrl }) => `/${user}${path}?${originalUrl}`,
  rewriteRequest: (_headers, { req }) => ({ 'X-User': req.user }),
  rewriteResponse: (_headers, { req, status }) => (status === 200 ? { 'X-User': req.user } : undefined),
  trustForwarded: ({ user }) => user === 'admin',
};
createBalancingProxy<KnownRequest>(everyFunction) satisfies BalancingProxy<KnownRequest>;

export function functionsHaveTypesOfTheirOwn(): void {
  (({ user }) => [`http://${user}.example`]) satisfies EndpointsFunction<KnownRequest>;
  ((path, { user }) => path + user) satisfies PathRewrite<KnownRequest>;
  ((_headers, { req }) => ({ 'X-User': req.user })) satisfies HeaderHook<KnownRequest>;
  ((_response, { req }: HookContext<KnownRequest>) => req.user !== '') satisfies IsUsable<KnownRequest>;
}

export function isMountedInItsFrame(): void {
  const strategy = () => 'race' as const;
  const ofExpress = createBalancingProxy<ExpressRequest>({ endpoints: (req) => [req.originalUrl], strategy });
  express().use(ofExpress).use('/api', ofExpress).get('/one', ofExpress);
  express.Router().use('/api', ofExpress);
  const ofExpress4 = createBalancingProxy<Express4Request>({ endpoints: (req) => [req.originalUrl], strategy });
  express4().use(ofExpress4).use('/api', ofExpress4);
  const ofConnect = createBalancingProxy<connect.IncomingMessage>({ endpoints: (req) => [req.originalUrl ?? ''] });
  connect().use(ofConnect).use('/api', ofConnect);
  // polka's types have it take handlers of Express.
  polka().use(ofExpress).use('/api', ofExpress);
  // The type is found where the function says it.
  express().use(createBalancingProxy({ endpoints: (req: ExpressRequest) => [req.originalUrl] }));
  // @ts-expect-error: node:http knows no such requests
  http.createServer(ofExpress);
}

export function isMountedAnywhereWithoutAType(): void {
  const strategy = (req: IncomingMessage) => (req.method === 'GET' ? 'race' : 'single');
  const proxy = createBalancingProxy({ endpoints: (req) => [req.url ?? ''], strategy }) satisfies BalancingProxy;
  express().use('/api', proxy);
  express4().use('/api', proxy);
  connect().use('/api', proxy);
  polka().use('/api', proxy);
  http.createServer(proxy).on('upgrade', proxy.upgrade);
  http2.createServer(proxy);
  // Hooks for any request do for those of a frame.
  createBalancingProxy<ExpressRequest>({ endpoints, strategy });
  express().use('/api', createBalancingProxy({ endpoints, strategy: (req) => (req.url === '/' ? 'race' : 'hedge') }));
}

// @ts-expect-error: a function of a frame's requests does not do for any request
export const forAnyRequest: BalancingProxyOptions = everyFunction;
// @ts-expect-error: no request at all
createBalancingProxy<string>({ endpoints });

/** The options of an object that may be left out, each of them there and undefined. */
type Undefined<Options> = {
  [Name in keyof Options as object extends Pick<Options, Name> ? Name : never]: undefined;
};

/** Whether each option of an object that may be left out may be undefined as well. */
type MayBeUndefined<Options> = Undefined<Options> extends Partial<Options> ? true : false;

/** All that users give options in. */
export const mayAllBeUndefined: readonly true[] = [
  true satisfies MayBeUndefined<BalancingProxyOptions>,
  true satisfies MayBeUndefined<DashboardOptions>,
  true satisfies MayBeUndefined<DnsEndpointsOptions>,
  true satisfies MayBeUndefined<EjectionOptions>,
  true satisfies MayBeUndefined<EndpointOptions>,
  true satisfies MayBeUndefined<EndpointsByDns>,
  true satisfies MayBeUndefined<ErrorDetails>,
  true satisfies MayBeUndefined<FakeResponse>,
  true satisfies MayBeUndefined<GotTransportOptions>,
  true satisfies MayBeUndefined<HedgeOptions>,
  true satisfies MayBeUndefined<MetricsOptions>,
  true satisfies MayBeUndefined<RetryOptions>,
  true satisfies MayBeUndefined<TimeoutOptions>,
  true satisfies MayBeUndefined<TlsOptions>,
  true satisfies MayBeUndefined<TraceAttemptsOptions>,
  true satisfies MayBeUndefined<TransportContractOptions>,
  true satisfies MayBeUndefined<UndiciTransportOptions>,
];
