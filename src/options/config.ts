import { randomBytes } from 'node:crypto';
import type { EndpointAddress } from '../endpoints/address.ts';
import type { EjectionOptions } from '../endpoints/ejection.ts';
import { type Order, orders } from '../endpoints/order.ts';
import type { IsTerminal } from '../http/terminal.ts';
import { product } from '../http/via.ts';
import type { Logger } from '../observers/log/logger.ts';
import { type Strategy, strategyNames } from '../race/strategies/strategies.ts';
import {
  boolean,
  byteCount,
  fields,
  graceMs,
  isPlainObject,
  milliseconds,
  oneOf,
  optional,
  type Parser,
  type ParserTable,
  parseOrThrow,
  valueThat,
  wholeNumberFrom,
} from '../support/parser/kinds.ts';
import { gotTransport } from '../transports/got.ts';
import type { TlsOptions, Transport } from '../transports/message/transport.ts';
import { type EndpointsFunction, endpoints, token } from './endpoint.ts';
import { ejection, hedge, statuses, timeouts } from './hedge.ts';
import type { BalancingProxyOptions } from './options.ts';
import type { HedgeOptions, TimeoutOptions } from './timeouts.ts';
import { tls } from './tls.ts';

type Options = Required<BalancingProxyOptions>;

/** Options that the code works with in another form than the user gives them in. */
interface Parsed {
  readonly endpoints: readonly EndpointAddress[] | EndpointsFunction;
  readonly terminalStatuses: IsTerminal;
  readonly preferStatuses: IsTerminal;
  readonly timeouts: Required<TimeoutOptions>;
  readonly hedge: Required<HedgeOptions>;
  readonly ejection: EjectionOptions | false;
  readonly isUsable: Options['isUsable'] | undefined;
  readonly unsafeMethods: Strategy | undefined;
  readonly order: Order | undefined;
  readonly pathRewrite: Options['pathRewrite'] | undefined;
  readonly rewriteRequest: Options['rewriteRequest'] | undefined;
  readonly rewriteResponse: Options['rewriteResponse'] | undefined;
  readonly trustForwarded: Options['trustForwarded'] | undefined;
  readonly logger: Logger | undefined;
  readonly tls: TlsOptions | undefined;
}

/** The options as the code works with them: complete, checked and frozen. */
export type Config = { readonly [Name in keyof Options]: Name extends keyof Parsed ? Parsed[Name] : Options[Name] };

const transport = valueThat<Transport>(
  (value) => isPlainObject(value) && typeof value.send === 'function' && typeof value.close === 'function',
  'a transport such as gotTransport()',
);

const logger = valueThat<Logger>(
  (value) => isLogger(value),
  'a logger with info() and warn() such as console, pino() or a logger of winston',
);

const trustForwarded = valueThat<Options['trustForwarded']>(
  (value) => typeof value === 'boolean' || typeof value === 'function',
  'true, false or a function of the request',
);

const func = <T>() => valueThat<T>((value) => typeof value === 'function', 'a function');

const namedStrategy = oneOf(strategyNames);
const strategy: Parser<Options['strategy']> = (value, option) =>
  typeof value === 'function' ? (value as Options['strategy']) : namedStrategy(value, option);

/** Every option has its parser: the compiler refuses the table when one is missing. */
const parsers: ParserTable<Config> = {
  endpoints,
  terminalStatuses: (value, option) => statuses(value === undefined ? '100,200,300,400' : value, option),
  isUsable: optional(func<Options['isUsable']>(), undefined),
  inspectLimitBytes: optional(byteCount, 65_536),
  preferStatuses: (value, option) => (value === undefined ? () => true : statuses(value, option)),
  preferGraceMs: optional(milliseconds, 100),
  strategy: optional(strategy, 'race'),
  unsafeMethods: optional(namedStrategy, undefined),
  hedge: (value, option) => hedge(value === undefined ? {} : value, option),
  maxAttempts: optional(wholeNumberFrom(1), Infinity),
  order: optional(oneOf(orders), undefined),
  maxInFlight: optional(wholeNumberFrom(1), Infinity),
  loserGraceMs: optional(graceMs, 5),
  ejection: (value, option) => ejection(value === undefined ? true : value, option),
  timeouts: (value, option) => timeouts(value === undefined ? {} : value, option),
  bodyLimitBytes: optional(byteCount, 1_048_576),
  largeBody: optional(oneOf(['reject', 'stream']), 'reject'),
  pathRewrite: optional(func<Options['pathRewrite']>(), undefined),
  preserveHost: optional(boolean, false),
  rewriteRequest: optional(func<Options['rewriteRequest']>(), undefined),
  rewriteResponse: optional(func<Options['rewriteResponse']>(), undefined),
  trustForwarded: optional(trustForwarded, undefined),
  via: (value, option) => (value === undefined ? randomPseudonym() : token(value, option)),
  exposeEndpoint: optional(boolean, false),
  logger: optional(logger, undefined),
  logQuery: optional(boolean, false),
  tls: optional(tls, undefined),
  transport: (value, option) => (value === undefined ? gotTransport() : transport(value, option)),
};

const parseOptions = fields(parsers);

/**
 * Checks all options and fills in the defaults.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists every problem with option, expected and received.
 */
export function resolveOptions(options: BalancingProxyOptions): Config {
  return parseOrThrow(parseOptions, options);
}

/** Of any class, so not a plain object only. */
function isLogger(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return 'info' in value && typeof value.info === 'function' && 'warn' in value && typeof value.warn === 'function';
}

function randomPseudonym(): string {
  return `${product}-${randomBytes(4).toString('hex')}`;
}
