import { randomBytes } from 'node:crypto';
import type { EndpointAddress } from '../endpoints/address.ts';
import { type IsTerminal, parseStatusRange, terminalIn } from '../http/terminal.ts';
import { product } from '../http/via.ts';
import { strategies } from '../race/delay.ts';
import { gotTransport } from '../transports/got.ts';
import type { TlsOptions, Transport } from '../transports/transport.ts';
import { endpoints, token } from './endpoint-parser.ts';
import type { BalancingProxyOptions, TimeoutOptions } from './options.ts';
import {
  boolean,
  byteCount,
  collect,
  fields,
  isPlainObject,
  milliseconds,
  oneOf,
  optional,
  type Parser,
  type ParserTable,
  parseOrThrow,
  reject,
  rejectUnseen,
  valueThat,
} from './parser.ts';

type Options = Required<BalancingProxyOptions>;
type Timeouts = Required<TimeoutOptions>;

/** Options that the code works with in another form than the user gives them in. */
interface Parsed {
  readonly endpoints: readonly EndpointAddress[];
  readonly terminalStatuses: IsTerminal;
  readonly timeouts: Timeouts;
  readonly trustForwarded: Options['trustForwarded'] | undefined;
  readonly tls: TlsOptions | undefined;
  readonly pathRewrite: Options['pathRewrite'] | undefined;
  readonly rewriteRequest: Options['rewriteRequest'] | undefined;
  readonly rewriteResponse: Options['rewriteResponse'] | undefined;
}

/** The options as the code works with them: complete, checked and frozen. */
export type Config = { readonly [Name in keyof Options]: Name extends keyof Parsed ? Parsed[Name] : Options[Name] };

const terminalStatuses: Parser<IsTerminal> = (value, option) => {
  const expected = "statuses from 100 to 599 such as '100,200,300,400', '2xx', '404' or '200-204'";
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const entries = list.flatMap((entry): unknown[] => (typeof entry === 'string' ? entry.split(',') : [entry]));
  if (entries.length === 0) reject(option, expected, value);
  const parseEntry = (entry: unknown) => {
    const isStatus = typeof entry === 'string' || typeof entry === 'number';
    return (isStatus && parseStatusRange(String(entry).trim())) || reject(option, expected, entry);
  };
  return terminalIn(collect(entries, parseEntry));
};

const timeouts = fields<Timeouts>({
  connectMs: optional(milliseconds, 3_000),
  responseMs: optional(milliseconds, 30_000),
  idleMs: optional(milliseconds, 60_000),
  totalMs: optional(milliseconds, Infinity),
});

const pem = valueThat<string>(isPem, 'a PEM string, a Buffer or an array of these');

const tlsFields = fields<TlsOptions>({
  ca: optional(pem, undefined),
  cert: optional(pem, undefined),
  key: optional(pem, undefined),
  rejectUnauthorized: optional(boolean, true),
});

const func = <T>() => valueThat<T>((value) => typeof value === 'function', 'a function');

const tls: Parser<TlsOptions> = (value, option) =>
  isPlainObject(value) ? tlsFields(value, option) : rejectUnseen(option, 'an object', value);

const transport = valueThat<Transport>(
  (value) => isPlainObject(value) && typeof value.send === 'function' && typeof value.close === 'function',
  'a transport such as gotTransport()',
);

const trustForwarded = valueThat<Options['trustForwarded']>(
  (value) => typeof value === 'boolean' || typeof value === 'function',
  'true, false or a function of the request',
);

/** Every option has its parser: the compiler refuses the table when one is missing. */
const parsers: ParserTable<Config> = {
  endpoints,
  terminalStatuses: (value, option) => terminalStatuses(value === undefined ? '100,200,300,400' : value, option),
  strategy: optional(oneOf(strategies), 'race'),
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

function randomPseudonym(): string {
  return `${product}-${randomBytes(4).toString('hex')}`;
}

function isPem(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPem);
  return typeof value === 'string' || value instanceof Uint8Array;
}
