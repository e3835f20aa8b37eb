export type { Next } from './answer-error.ts';
export type { BalancingProxy } from './balancing-proxy.ts';
export type { DnsRecord } from './endpoints/dns.ts';
export type { LatencySummary } from './endpoints/latency.ts';
export type { Order } from './endpoints/order.ts';
export type { EndpointSnapshot, EndpointState } from './endpoints/snapshot.ts';
export { type AttemptOutcome, type AttemptReport, BalancingProxyError, type ErrorCode } from './errors.ts';
export type {
  AttemptEnded,
  AttemptStarted,
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
} from './events.ts';
export type { HeaderChanges, HeaderHook, HookContext } from './hooks.ts';
export type { LargeBody } from './http/body.ts';
export type { InspectedResponse } from './http/inspect.ts';
export type { PathRewrite } from './http/target.ts';
export { createBalancingProxy } from './middleware.ts';
export { type DnsEndpointsOptions, dnsEndpoints } from './options/dns-endpoints.ts';
export type { EndpointsFunction } from './options/endpoint-parser.ts';
export type {
  EjectionSettings,
  EndpointOption,
  EndpointOptions,
  HedgeOptions,
  Logger,
  TerminalStatuses,
  TimeoutOptions,
} from './options/groups.ts';
export type { BalancingProxyOptions } from './options/options.ts';
export type { Percentile, Strategy } from './race/delay.ts';
export type { StartReason } from './race/rules.ts';
export type { AgentOption, AgentPair } from './transports/agents.ts';
export { type GotTransportOptions, gotTransport } from './transports/got.ts';
export type {
  InterimResponse,
  TlsOptions,
  Transport,
  UpgradedConnection,
  UpstreamRequest,
  UpstreamResponse,
} from './transports/transport.ts';
