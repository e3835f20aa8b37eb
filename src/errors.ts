import { inspect } from 'node:util';

/** Every code with the status that an Express error handler, or we, should answer with. */
export const statusByCode = {
  ERR_BRP_OPTIONS: 500,
  ERR_BRP_PEER: 500,
  ERR_BRP_BODY_TOO_LARGE: 413,
  ERR_BRP_BODY_CONSUMED: 500,
  ERR_BRP_UPGRADE_BODY: 501,
  ERR_BRP_TRANSFER_CODING: 501,
  ERR_BRP_HOOK: 500,
  ERR_BRP_HEADERS: 500,
  ERR_BRP_UNSENDABLE: 400,
  ERR_BRP_LOOP: 508,
  ERR_BRP_ENDPOINTS: 500,
  ERR_BRP_NO_ENDPOINT: 503,
  ERR_BRP_CLOSED: 503,
  ERR_BRP_EXHAUSTED: 502,
  ERR_BRP_ALL_TIMED_OUT: 504,
  ERR_BRP_TOTAL_TIMEOUT: 504,
  ERR_BRP_CLIENT_GONE: 499,
  ERR_BRP_ENDED_BY_APP: 500,
  ERR_BRP_CLIENT_TIMEOUT: 408,
  ERR_BRP_CONNECT: 502,
  ERR_BRP_CONNECT_TIMEOUT: 504,
  ERR_BRP_NO_SOCKET: 503,
  ERR_BRP_NOT_PROCESSED: 502,
  ERR_BRP_CONNECTION_LOST: 502,
  ERR_BRP_STALE_CONNECTION: 502,
  ERR_BRP_RESPONSE_TIMEOUT: 504,
  ERR_BRP_IDLE_TIMEOUT: 504,
  ERR_BRP_BAD_RESPONSE: 502,
  ERR_BRP_NOT_JUDGED: 502,
  ERR_BRP_ATTEMPT: 502,
} as const;

/** The `code` of a {@link BalancingProxyError}; README lists what each one means. */
export type ErrorCode = keyof typeof statusByCode;

/** How one attempt ended. `lost` is a usable response that came after the winner's, `cancelled` one that never came. */
export type AttemptOutcome = 'won' | 'lost' | 'unusable' | 'failed' | 'timed-out' | 'cancelled';

/** One attempt as an error tells of it. Each is an `AttemptReport`, which also says why it was made and what it cost. */
export interface AttemptResult {
  /** The endpoint's name, as configured or its URL without credentials and query. */
  readonly endpoint: string;
  /** `pending` while the attempt is under way. */
  readonly outcome: AttemptOutcome | 'pending';
  /** The status that the endpoint answered, when it did. */
  readonly status?: number;
  /** Why the attempt failed, for `failed` and `timed-out`. */
  readonly error?: BalancingProxyError;
  /** Milliseconds from the start of the request to the start of this attempt. */
  readonly startedAfterMs: number;
  /** Milliseconds from the start of this attempt to its outcome. */
  readonly durationMs: number;
}

export interface ErrorDetails {
  readonly cause?: unknown;
  readonly attempts?: readonly AttemptResult[];
  /** Response headers for whoever answers the client, as Express honours them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The one error class of this package: what `next(error)` gets, and what options that make no sense throw. Of an error
 * that `next` gets, `message` and everything enumerable may be shown to clients, as the handlers of many frames do:
 * endpoints are named in `attempts` and `cause` only, which are not enumerable.
 */
export class BalancingProxyError extends Error {
  override readonly name = 'BalancingProxyError';
  readonly code: ErrorCode;
  /** The HTTP status that fits, 400 to 508. */
  readonly status: number;
  /** The same, by the name that Fastify, NestJS and restify look for. */
  readonly statusCode: number;
  /** Whether the client is at fault, so that the message is meant for it, as http-errors has it. */
  readonly expose: boolean;
  /** What every endpoint made of the request; empty when none was asked. Not enumerable. */
  declare readonly attempts: readonly AttemptResult[];
  readonly headers?: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, { cause, attempts = [], headers }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = statusByCode[code];
    this.statusCode = this.status;
    this.expose = this.status < 500;
    Object.defineProperty(this, 'attempts', { value: attempts });
    if (headers) this.headers = headers;
  }
}

const timeoutCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'ERR_BRP_CONNECT_TIMEOUT',
  'ERR_BRP_RESPONSE_TIMEOUT',
  'ERR_BRP_IDLE_TIMEOUT',
  'ERR_BRP_TOTAL_TIMEOUT',
]);

/** Whether the error says that time ran out, so that 504 is the honest answer. */
export function isTimeout(error: BalancingProxyError): boolean {
  return timeoutCodes.has(error.code);
}

/** Whether the endpoint could not be reached, so that it surely never saw the request. */
export function isConnectFailure(error: BalancingProxyError): boolean {
  return error.code === 'ERR_BRP_CONNECT' || error.code === 'ERR_BRP_CONNECT_TIMEOUT';
}

/** Whether the endpoint surely did nothing about the request, so that sending it elsewhere cannot do anything twice. */
export function isUnprocessed(error: BalancingProxyError): boolean {
  return error.code === 'ERR_BRP_NOT_PROCESSED' || error.code === 'ERR_BRP_NO_SOCKET' || isConnectFailure(error);
}

/** Whether the error says nothing of the endpoint, which was not even asked: what was to be sent is at fault, or this process. */
export function isOwnFault({ code }: BalancingProxyError): boolean {
  return code === 'ERR_BRP_UNSENDABLE' || code === 'ERR_BRP_NO_SOCKET';
}

/** Whether the client has ended its request, by leaving or by reading nothing: no endpoint is to blame. */
export function isClientsDoing(error: BalancingProxyError | undefined): boolean {
  return error?.code === 'ERR_BRP_CLIENT_GONE' || error?.code === 'ERR_BRP_CLIENT_TIMEOUT';
}

/** Whether the client or the app has ended the request: no endpoint is to blame. */
export function isOthersDoing(error: BalancingProxyError | undefined): boolean {
  return error?.code === 'ERR_BRP_ENDED_BY_APP' || isClientsDoing(error);
}

/** The message of whatever was thrown, which need not be an Error. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? thrown : inspect(thrown);
  // Node's AggregateError (all addresses of a name refused) has an empty message and one error per address.
  if (thrown.message === '' && thrown instanceof AggregateError) return thrown.errors.map(messageOf).join('; ');
  return thrown.message || thrown.name;
}
