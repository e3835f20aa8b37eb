export type { EndpointSnapshot } from './endpoints/endpoint.ts';
export { type AttemptOutcome, type AttemptReport, BalancingProxyError, type ErrorCode } from './errors.ts';
export type {
  AttemptEnded,
  AttemptStarted,
  Observer,
  ProxyEvent,
  RequestEnded,
  RequestStarted,
  ResponseStarted,
} from './events.ts';
export { type BalancingProxy, createBalancingProxy, type Next } from './middleware.ts';
export type {
  BalancingProxyOptions,
  EndpointOption,
  EndpointOptions,
  TerminalStatuses,
  TimeoutOptions,
} from './options/options.ts';
export type { Strategy } from './race/delay.ts';
export { type GotTransportOptions, gotTransport } from './transports/got.ts';
export type { TlsOptions, Transport, UpstreamRequest, UpstreamResponse } from './transports/transport.ts';
