import { randomBytes } from 'node:crypto';
import { orders } from '../endpoints/order.ts';
import { type TrustForwarded, trustOf } from '../http/forwarded.ts';
import { isToken, token } from '../http/headers.ts';
import { isPeerRule, peerRules } from '../http/trusted-peers.ts';
import { product } from '../http/via.ts';
import type { Logger } from '../observers/log/logger.ts';
import { strategyNames } from '../race/strategies/strategies.ts';
import {
  arrayOf,
  byteCount,
  graceMs,
  hasMethods,
  type OptionParser,
  oneOf,
  onlyInCode,
  trueOrFalse,
  valueThat,
  wholeNumberFrom,
  withSchema,
} from '../support/parser/kinds.ts';
import {
  group,
  inWords,
  none,
  type OptionTable,
  objectOf,
  option,
  required,
  type ValuesOf,
} from '../support/parser/option.ts';
import { parseOrThrow } from '../support/parser/problems.ts';
import { anyOf, textLike } from '../support/parser/schema.ts';
import { gotTransport } from '../transports/got.ts';
import type { Transport } from '../transports/message/transport.ts';
import { answerOptions } from './answers.ts';
import { ejectionOptions, parseEjection } from './ejection.ts';
import { endpointOptions } from './endpoint.ts';
import { configuredItems, parseEndpoints } from './endpoints.ts';
import { endpointsByDnsOptions } from './endpoints-by-dns.ts';
import { hedgeOptions, parseHedge } from './hedge.ts';
import type { BalancingProxyOptions } from './options.ts';
import { retryOptions } from './retry.ts';
import { type RewriteOptions, rewriteOptions } from './rewrites.ts';
import { timeoutOptions } from './timeouts.ts';
import { parseTls, tlsOptions } from './tls.ts';

/** Every option with the values that a user may give for it; undefined stands for its default. */
type Options = {
  readonly [Name in keyof BalancingProxyOptions]-?: Exclude<BalancingProxyOptions[Name], undefined>;
};

/** Options that the code works with in another form than the user gives them in. */
type Translated = 'endpoints' | 'terminalStatuses' | 'preferStatuses' | 'trustForwarded' | keyof RewriteOptions;

const transport = valueThat<Transport>(
  (value) => hasMethods(value, 'send', 'close'),
  'a transport such as gotTransport()',
  onlyInCode,
);

const logger = valueThat<Logger>(
  (value) => hasMethods(value, 'info', 'warn'),
  'a logger with info() and warn() such as console, pino() or a logger of winston',
  onlyInCode,
);

const trustInOne = valueThat<TrustForwarded>(
  (value) => typeof value === 'boolean' || typeof value === 'function',
  "true, false, a list of addresses and networks such as ['10.0.0.0/8'], or a function of the request",
  trueOrFalse.schema,
);
const trustedPeer = valueThat<string>(isPeerRule, peerRules, { type: 'string', minLength: 1 });
const trustedPeers = arrayOf(trustedPeer, 'at least one address or network');
const trustForwarded = withSchema<TrustForwarded>(anyOf(trustInOne, trustedPeers), (value, option) =>
  trustOf(Array.isArray(value) ? trustedPeers(value, option) : trustInOne(value, option)),
);

const pseudonym = valueThat<string>(
  (value) => typeof value === 'string' && isToken(value),
  'a token of RFC 9110, letters, digits and hyphens',
  textLike(token),
);

const namedStrategy = oneOf(strategyNames);
const strategy: OptionParser<Options['strategy']> = withSchema(namedStrategy.schema, (value, option) =>
  typeof value === 'function' ? (value as Options['strategy']) : namedStrategy(value, option),
);

/** Every option of {@link createBalancingProxy}. */
export const proxyOptions = {
  endpoints: required(parseEndpoints, 'The servers that should all give the same answer', [
    endpointOptions,
    endpointsByDnsOptions,
  ]),
  ...answerOptions,
  strategy: option(strategy, 'race', 'How the endpoints are asked'),
  unsafeMethods: option(
    strategy,
    inWords('the same as `strategy`'),
    'The strategy for POST, PATCH and all other methods that are not idempotent, when the request has no `Idempotency-Key`',
  ),
  hedge: group(parseHedge, hedgeOptions, 'When and how often to hedge'),
  maxAttempts: option(
    wholeNumberFrom(1),
    inWords('the number of endpoints', () => Infinity),
    'Most attempts for one request, the first one included; of each round, where endpoints are asked again',
  ),
  tierDelayMs: option(
    graceMs,
    Infinity,
    'Time from the start of one tier of endpoints to that of the next, although endpoints of the first may still answer',
  ),
  retry: group(objectOf(retryOptions), retryOptions, 'Ask all endpoints again that could not be reached'),
  fallthrough: option(
    trueOrFalse,
    false,
    'Give a request to which no response is usable to `next()`, without an error, instead of answering it',
  ),
  order: option(oneOf(orders), inWords("`'fastest'` for `'hedge'`, else `'given'`"), 'Which endpoint is asked first'),
  maxInFlight: option(
    wholeNumberFrom(1),
    Infinity,
    'Most attempts and responses under way at one endpoint; a full endpoint is passed over',
  ),
  loserGraceMs: option(graceMs, 5, 'Time for which the losers may go on when the winner is known'),
  ejection: option(parseEjection, true, 'Leave endpoints out that cannot be reached', ejectionOptions),
  timeouts: group(objectOf(timeoutOptions), timeoutOptions, 'Limits of time'),
  bodyLimitBytes: option(
    byteCount,
    1_048_576,
    'Largest request body, as it is kept for every endpoint; a larger one is answered with 413',
  ),
  largeBody: option(oneOf(['reject', 'stream']), 'reject', 'How a larger body is treated'),
  ...rewriteOptions,
  preserveHost: option(trueOrFalse, false, "Forward the client's `Host` instead of the endpoint's own"),
  trustForwarded: option(
    trustForwarded,
    inWords("Express's `trust proxy` setting where there is one, else `false`"),
    'Believe the `X-Forwarded-*` and `Forwarded` headers of clients',
  ),
  xRequestId: option(
    trueOrFalse,
    false,
    'Give each request an id in the header `X-Request-Id`: that of a client which `trustForwarded` trusts, or a new one',
  ),
  via: option(
    pseudonym,
    inWords(`\`${product}-\` and 8 random hexadecimal digits`, randomPseudonym),
    'Our name in the header `Via`, by which a request that comes back is recognised; the same for all instances of a fleet',
  ),
  exposeEndpoint: option(trueOrFalse, false, 'Tell the client in the header `X-Served-By` which endpoint answered'),
  exposeAttempts: option(
    trueOrFalse,
    false,
    'Tell the client in the header `Server-Timing` which endpoint answered, after how long, and how many attempts were begun',
  ),
  logger: option(logger, none, 'Gets a line for each request: pino, winston, console or the like'),
  logQuery: option(trueOrFalse, false, 'Write query strings into the log, too; they often carry secrets'),
  tls: option(
    parseTls,
    inWords("Node's, with certificates verified"),
    'Certificates for https endpoints, and how they are checked',
    tlsOptions,
  ),
  transport: option(transport, inWords('`gotTransport()`', gotTransport), 'Sends the attempts'),
} satisfies OptionTable<Omit<Options, Translated> & Record<Translated, unknown>>;

/** The options as the code works with them: complete, checked and frozen. */
export type Config = Omit<ValuesOf<typeof proxyOptions>, 'endpoints'> & {
  readonly endpoints: ReturnType<typeof configuredItems>;
};

const parseOptions = objectOf(proxyOptions);

/**
 * Checks all options and fills in the defaults.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists every problem with option, expected and received.
 */
export function resolveOptions(options: BalancingProxyOptions): Config {
  return parseOrThrow((value, option) => {
    const parsed = parseOptions(value, option);
    return Object.freeze({ ...parsed, endpoints: configuredItems(parsed.endpoints, parsed) });
  }, options);
}

function randomPseudonym(): string {
  return `${product}-${randomBytes(4).toString('hex')}`;
}
