import './support/refuse-old-node.ts';

export type { WinAt } from './attempts/attempt/attempt-settings.ts';
export type { HeaderChanges, HeaderHook } from './attempts/attempt/header-hook.ts';
export type { HookContext } from './attempts/attempt/hook-context.ts';
export type { InspectedResponse, IsUsable } from './attempts/attempt/inspected-response.ts';
export type { ResumeMode } from './attempts/resume/resumable.ts';
export type { LargeBody } from './client/request/body.ts';
export type { DnsAnswer, DnsRecord } from './endpoints/dns/dns.ts';
export type { DnsFailed, DnsRestored, EndpointsChanged } from './endpoints/dns/dns-events.ts';
export type { DnsSnapshot } from './endpoints/dns/dns-snapshot.ts';
export type { Order } from './endpoints/order.ts';
export type { EndpointAddress } from './endpoints/place/address.ts';
export type { TlsOptions, TlsVersion } from './endpoints/place/tls-options.ts';
export type { EjectionCause, EndpointSnapshot, EndpointState, LatencySummary } from './endpoints/state/snapshot.ts';
export {
  type AttemptOutcome,
  type AttemptResult,
  BalancingProxyError,
  type ErrorCode,
  type ErrorDetails,
} from './errors.ts';
export type {
  AttemptEnded,
  AttemptReport,
  AttemptStarted,
  BodyBreak,
  ChannelMessage,
  EndpointDrained,
  EndpointEjected,
  EndpointRestored,
  HedgeDenied,
  Observer,
  ProxyEvent,
  RequestEnded,
  RequestStarted,
  ResponseStarted,
} from './events/events.ts';
export type { ManagedProxy, ObservedProxy } from './events/observed-proxy.ts';
export type { RequestOutcome } from './events/request-outcome.ts';
export type { ServerSentEvent } from './http/first-event.ts';
export type { PathRewriteRules } from './http/rewrites/path-rules.ts';
export type { PathRewrite } from './http/target.ts';
export type { Logger } from './observers/log/logger.ts';
export type { AnswerOptions } from './options/answers.ts';
export { dnsEndpoints } from './options/dns-endpoints.ts';
export type { DnsEndpointsOptions } from './options/dns-options.ts';
export type { EjectionOptions } from './options/ejection.ts';
export type { EndpointOption, EndpointOptions, EndpointsFunction } from './options/endpoint.ts';
export type { EndpointsByDns } from './options/endpoints-by-dns.ts';
export type { HedgeOptions } from './options/hedge.ts';
export type { BalancingProxyOptions } from './options/options.ts';
export type { RetryOptions } from './options/retry.ts';
export type { CookieRewrite } from './options/rewrites.ts';
export type { TerminalStatuses } from './options/statuses.ts';
export type { TimeoutOptions } from './options/timeouts.ts';
export { type BalancingProxy, createBalancingProxy } from './proxy/create-balancing-proxy.ts';
export type { Percentile } from './race/percentile.ts';
export type { AttemptReason } from './race/rules.ts';
export type { Strategy } from './race/strategies/strategies.ts';
export type { Next } from './support/next.ts';
export type { AgentOption, AgentPair } from './transports/connect/foreign-agents.ts';
export { type GotTransportOptions, gotTransport } from './transports/got.ts';
export type {
  InterimResponse,
  Transport,
  UpgradedConnection,
  UpstreamRequest,
  UpstreamResponse,
} from './transports/message/transport.ts';
export { type NodeTransportOptions, nodeTransport } from './transports/node.ts';
