import type { LookupFunction } from 'node:net';
import { hasMethods, onlyInCode, trueOrFalse, valueThat, wholeNumberFrom } from '../../support/parser/kinds.ts';
import { inWords, type OptionTable, objectOf, option, optional, type ValuesOf } from '../../support/parser/option.ts';
import { parseOrThrow, refuse } from '../../support/parser/problems.ts';
import { maxTimerMs } from '../../support/timer.ts';
import { type AgentOption, parseAgentPair } from '../connect/foreign-agents.ts';
import { routeOptions } from '../connect/route.ts';
import { commonOptions } from '../message/transport-options.ts';

/** How {@link undiciTransport} connects. */
export interface UndiciTransportOptions {
  /**
   * Most connections per endpoint; further attempts wait for one.
   * @default Infinity
   */
  readonly connections?: number | undefined;
  /**
   * Most requests that are sent over one connection before the first of them is answered. Cancelling one of them breaks
   * the others off.
   * @default 1
   */
  readonly pipelining?: number | undefined;
  /**
   * Speak HTTP/2 with https endpoints that offer it (ALPN): a cancelled attempt then costs no connection.
   * @default false
   */
  readonly http2?: boolean | undefined;
  /** The same as `http2`, by the name that undici has for it; `http2` counts where both are given. */
  readonly allowH2?: boolean | undefined;
  /**
   * Time after which an idle connection is closed, in milliseconds, unless the endpoint names another time in `Keep-Alive`.
   * @default 4_000
   */
  readonly keepAliveTimeoutMs?: number | undefined;
  /**
   * IP address of this host from which connections are opened, v4 or v6; endpoints of the other kind cannot be reached then. An `agent`
   * of one's own is told.
   * @default the system chooses
   */
  readonly localAddress?: string | undefined;
  /**
   * Looks host names up, with the signature of `dns.lookup`: such as that of `cacheable-lookup`. What it says is not kept, so that it is
   * asked for each new connection to a name.
   * @default the system's
   */
  readonly lookup?: LookupFunction | undefined;
  /**
   * Sends the requests in the place of our agents: undici's MockAgent, ProxyAgent or Agent, or a dispatcher of one's own. A dispatcher
   * is its owner's to close, and decides how it connects, with which certificates and within what time.
   * @default ours
   */
  readonly dispatcher?: DispatcherOption | undefined;
  /**
   * Makes the connections for what goes over node:http, which no `dispatcher` is asked for: `http.Agent` and `https.Agent`, or one
   * agent of a proxy-agent kind.
   * @default a connection for each of these requests
   */
  readonly agent?: AgentOption | undefined;
}

/** A Dispatcher of any undici. */
export interface DispatcherOption {
  /** Sends a request. The types of its arguments differ from one version of undici to the next. */
  dispatch(options: never, handler: never): boolean;
  /** Set by an active MockAgent. */
  readonly isMockActive?: boolean | undefined;
}

const parseDispatcher = valueThat<DispatcherOption>(
  (value) => hasMethods(value, 'dispatch'),
  "a dispatcher such as undici's MockAgent",
  onlyInCode,
);

/** The options of {@link undiciTransport}. */
export const undiciOptions = {
  connections: option(wholeNumberFrom(1), Infinity, 'Most connections per endpoint'),
  pipelining: option(
    wholeNumberFrom(0),
    1,
    'Most requests that are sent over one connection before the first of them is answered',
  ),
  http2: commonOptions.http2,
  ...routeOptions,
  allowH2: {
    parse: optional(trueOrFalse, undefined),
    schema: trueOrFalse.schema,
    fallback: undefined,
    says: 'The same as `http2`',
  },
  keepAliveTimeoutMs: commonOptions.keepAliveTimeoutMs,
  dispatcher: option(parseDispatcher, inWords('ours'), 'Sends the requests in the place of our agents'),
  agent: option(
    parseAgentPair,
    inWords('a connection for each of these requests'),
    'Makes the connections for what goes over node:http',
  ),
} satisfies OptionTable<UndiciTransportOptions>;

const parseFields = objectOf(undiciOptions);

/** The options as the code works with them. */
export type UndiciSettings = Omit<ValuesOf<typeof undiciOptions>, 'allowH2'>;

/** The options that say how we connect, which a dispatcher does in its own way. */
const ours = ['connections', 'pipelining', 'keepAliveTimeoutMs', 'http2', 'allowH2', 'localAddress', 'lookup'] as const;

/** Checks the options. @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong. */
export function parseUndiciOptions(options: UndiciTransportOptions): UndiciSettings {
  return parseOrThrow((value) => {
    const { allowH2, ...parsed } = parseFields(value, '');
    const lost = ours.find((name) => options[name]);
    if (parsed.dispatcher && lost) refuse(lost, 'has no effect together with `dispatcher`');
    const http2 = options.http2 ?? allowH2 ?? false;
    return { ...parsed, http2, keepAliveTimeoutMs: Math.min(parsed.keepAliveTimeoutMs, maxTimerMs) };
  }, options);
}
