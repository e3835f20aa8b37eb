import { milliseconds, trueOrFalse, valueThat, wholeNumberFrom } from '../../support/parser/kinds.ts';
import { fields, optional } from '../../support/parser/option.ts';
import { parseOrThrow, refuse } from '../../support/parser/problems.ts';
import { maxTimerMs } from '../../support/timer.ts';
import { type AgentOption, type AgentPair, agentPair } from '../http1/agents.ts';

/** Settings of {@link undiciTransport}. */
export interface UndiciTransportOptions {
  /**
   * Most connections per endpoint; further attempts wait for one.
   * @default no limit
   */
  readonly connections?: number;
  /**
   * Most requests that are sent over one connection before the first of them is answered. Cancelling one of them breaks
   * the others off.
   * @default 1
   */
  readonly pipelining?: number;
  /**
   * Speaks HTTP/2 with https endpoints that offer it (ALPN): cancelling an attempt then costs no connection.
   * @default false
   */
  readonly http2?: boolean;
  /** The same as `http2`, by the name that undici has for it. */
  readonly allowH2?: boolean;
  /**
   * Milliseconds after which an idle connection is closed, unless the endpoint names another time in `Keep-Alive`.
   * @default 4_000
   */
  readonly keepAliveTimeoutMs?: number;
  /**
   * What sends the requests in our agents' place: undici's MockAgent, ProxyAgent or Agent, or one of your own. It is yours to
   * close, and how it connects, with which certificates and within what time, is up to it.
   * @default ours
   */
  readonly dispatcher?: DispatcherOption;
  /**
   * The same for what goes over node:http, which is not `dispatcher`'s: `http.Agent` and `https.Agent`, or one of a proxy-agent kind.
   * @default a connection for each of these requests
   */
  readonly agent?: AgentOption;
}

/** A Dispatcher of any undici. */
export interface DispatcherOption {
  dispatch(options: never, handler: never): boolean;
  /** A MockAgent's, as long as it is active. */
  readonly isMockActive?: boolean;
}

/** The options as the code works with them. */
export interface UndiciSettings {
  readonly connections: number;
  readonly pipelining: number;
  readonly http2: boolean | undefined;
  readonly allowH2: boolean | undefined;
  readonly keepAliveTimeoutMs: number;
  readonly dispatcher: DispatcherOption | undefined;
  readonly agent: AgentPair | undefined;
}

const isDispatcher = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'dispatch' in value && typeof value.dispatch === 'function';

const settings = fields<UndiciSettings>({
  connections: optional(wholeNumberFrom(1), Infinity),
  pipelining: optional(wholeNumberFrom(0), 1),
  http2: optional(trueOrFalse, undefined),
  allowH2: optional(trueOrFalse, undefined),
  keepAliveTimeoutMs: optional(milliseconds, 4_000),
  dispatcher: optional(valueThat<DispatcherOption>(isDispatcher, "a dispatcher such as undici's MockAgent"), undefined),
  agent: optional(agentPair, undefined),
});

/** Those that say how we connect, which a dispatcher does in its own way. */
const ours = ['connections', 'pipelining', 'keepAliveTimeoutMs', 'http2', 'allowH2'] as const;

/** @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong. */
export function parseUndiciOptions(options: UndiciTransportOptions): UndiciSettings {
  return parseOrThrow((value) => {
    const parsed = settings(value, '');
    const lost = ours.find((name) => options[name]);
    if (parsed.dispatcher && lost) refuse(lost, 'has no effect together with `dispatcher`');
    return { ...parsed, keepAliveTimeoutMs: Math.min(parsed.keepAliveTimeoutMs, maxTimerMs) };
  }, options);
}
