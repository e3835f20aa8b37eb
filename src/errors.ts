/** Every code with the status that fits, for error handlers and for our own answer. */
export const statusByCode = {
  ERR_BRP_OPTIONS: 500,
  ERR_BRP_PEER: 500,
  ERR_BRP_NODE: 500,
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
  ERR_BRP_FIRST_BYTE_TIMEOUT: 504,
  ERR_BRP_IDLE_TIMEOUT: 504,
  ERR_BRP_BAD_RESPONSE: 502,
  ERR_BRP_NOT_JUDGED: 502,
  ERR_BRP_NOT_RESUMED: 502,
  ERR_BRP_ATTEMPT: 502,
} as const;

/** The `code` of a {@link BalancingProxyError}; docs/errors.md says when each one comes. */
export type ErrorCode = keyof typeof statusByCode;

/**
 * How one attempt ended. `lost`: its usable response came after the winner's. `resumed`: it went on with a body that had broken off.
 * `cancelled`: it was ended before its response came.
 */
export type AttemptOutcome = 'won' | 'lost' | 'resumed' | 'unusable' | 'failed' | 'timed-out' | 'cancelled';

/** Whether the endpoint has given what it was asked for. */
export function isSuccess(outcome: AttemptOutcome | 'pending'): boolean {
  return outcome === 'won' || outcome === 'lost' || outcome === 'resumed';
}

/** One attempt as an error tells of it. In fact an `AttemptReport`, which also says why the attempt was made and what it cost. */
export interface AttemptResult {
  /** The endpoint's name, as configured or its URL without credentials and query. */
  readonly endpoint: string;
  /** How the attempt ended; `pending` while it is under way. */
  readonly outcome: AttemptOutcome | 'pending';
  /** The status of the endpoint's response, if one came. */
  readonly status?: number;
  /** Why the attempt failed, with the outcomes `failed` and `timed-out`; with `won` and `resumed`, why the body broke off later. */
  readonly error?: BalancingProxyError;
  /** Milliseconds from the start of the request to the start of this attempt. */
  readonly startedAfterMs: number;
  /** Milliseconds from the start of this attempt to its outcome. */
  readonly durationMs: number;
}

/** The parts of a {@link BalancingProxyError} that not every one has. */
export interface ErrorDetails {
  readonly cause?: unknown;
  /** @default none */
  readonly attempts?: readonly AttemptResult[] | undefined;
  /** Headers for the response to the client, such as `Retry-After`; Express's own error handler sets them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * The one error class of this package, for `next(error)`, for events, and for options that make no sense. Many frames show clients the
 * message and all enumerable fields of an error that `next` gets, so that endpoints are named in `attempts` and `cause` only, which are
 * not enumerable.
 */
export class BalancingProxyError extends Error {
  override readonly name = 'BalancingProxyError';
  /** Tells errors apart; the message is for people. */
  readonly code: ErrorCode;
  /** The HTTP status for the response to the client, 400 to 508. */
  readonly status: number;
  /** The status by the name that Fastify, NestJS and restify look for. */
  readonly statusCode: number;
  /** Whether clients may be shown the message, as http-errors has it: the client is at fault. */
  readonly expose: boolean;
  /** Every attempt and how it ended; empty when no endpoint was asked. Not enumerable. */
  declare readonly attempts: readonly AttemptResult[];
  /** Headers for the response to the client, such as `Retry-After`; Express's own error handler sets them. */
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

  /**
   * The code that Node, OpenSSL or undici has for what went wrong, such as `ECONNREFUSED`, `ENOTFOUND` or `CERT_HAS_EXPIRED`: that of the
   * first cause which is none of our errors. The error of a request tells of its last attempt. Undefined where no cause has one.
   */
  get causeCode(): string | undefined {
    let { cause } = this;
    while (cause instanceof BalancingProxyError) cause = cause.cause;
    // An error of another realm, as under jest, is an instance of another Error.
    const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
    return typeof code === 'string' ? code : undefined;
  }
}

const timeoutCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'ERR_BRP_CONNECT_TIMEOUT',
  'ERR_BRP_RESPONSE_TIMEOUT',
  'ERR_BRP_FIRST_BYTE_TIMEOUT',
  'ERR_BRP_IDLE_TIMEOUT',
  'ERR_BRP_TOTAL_TIMEOUT',
]);

/** Whether time ran out, so that 504 is the honest answer. */
export function isTimeout(error: BalancingProxyError): boolean {
  return timeoutCodes.has(error.code);
}

/** Whether the endpoint could not be reached: it surely never saw the request. */
export function isConnectFailure(error: BalancingProxyError): boolean {
  return error.code === 'ERR_BRP_CONNECT' || error.code === 'ERR_BRP_CONNECT_TIMEOUT';
}

/** Whether the endpoint surely did nothing about the request: sent elsewhere, the request cannot do anything twice. */
export function isUnprocessed(error: BalancingProxyError): boolean {
  return error.code === 'ERR_BRP_NOT_PROCESSED' || error.code === 'ERR_BRP_NO_SOCKET' || isConnectFailure(error);
}

/** Whether the request or this process is at fault: the endpoint was not even asked, and the error says nothing of it. */
export function isOwnFault({ code }: BalancingProxyError): boolean {
  return code === 'ERR_BRP_UNSENDABLE' || code === 'ERR_BRP_NO_SOCKET';
}

const unansweredCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'ERR_BRP_EXHAUSTED',
  'ERR_BRP_ALL_TIMED_OUT',
  'ERR_BRP_TOTAL_TIMEOUT',
  'ERR_BRP_NO_ENDPOINT',
]);

/** Whether endpoints are to blame for a request that has no response, so that somebody else may answer it. */
export function isUnanswered(error: BalancingProxyError): boolean {
  return unansweredCodes.has(error.code);
}

/** Whether the client has ended its request, by leaving or by reading nothing. */
export function isClientsDoing(error: BalancingProxyError | undefined): boolean {
  return error?.code === 'ERR_BRP_CLIENT_GONE' || error?.code === 'ERR_BRP_CLIENT_TIMEOUT';
}

/** Whether the client or the app has ended the request, so that no endpoint is to blame. */
export function isOthersDoing(error: BalancingProxyError | undefined): boolean {
  return error?.code === 'ERR_BRP_ENDED_BY_APP' || isClientsDoing(error);
}
