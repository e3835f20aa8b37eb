import { BalancingProxyError, type ErrorCode } from '../../errors.ts';
import { messageOf } from '../../support/message-of.ts';
import { isShortage } from './shortage.ts';
import type { UpstreamRequest } from './transport.ts';

/** The connection on which something went wrong, as far as that is known. */
export interface ConnectionState {
  /** The endpoint's name. */
  readonly name: string;
  /** Whether the endpoint may have seen the request. */
  readonly isConnected: boolean;
  /** Whether the connection was kept alive from an earlier request. */
  readonly isReused: boolean;
}

/** The error of a connection that was not set up in time. */
export function connectTimeout(
  { address, connectMs }: Pick<UpstreamRequest, 'address' | 'connectMs'>,
  cause?: Error,
): BalancingProxyError {
  const message = `no connection to ${address.name} within ${connectMs} ms`;
  return new BalancingProxyError('ERR_BRP_CONNECT_TIMEOUT', message, { cause });
}

/** The error of an endpoint that does not read what it is sent. */
export function uploadTimeout({ address, idleMs }: Pick<UpstreamRequest, 'address' | 'idleMs'>): BalancingProxyError {
  const message = `${address.name} took no byte of the request body within ${idleMs} ms`;
  return new BalancingProxyError('ERR_BRP_IDLE_TIMEOUT', message);
}

/** Codes of errors with which node:http, node:http2 and undici turn a request down before they ask anybody. */
const refusals: ReadonlySet<string> = new Set([
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_UNESCAPED_CHARACTERS',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_HTTP2_HEADER_SINGLE_VALUE',
  'ERR_HTTP2_INVALID_CONNECTION_HEADERS',
  'ERR_HTTP2_INVALID_HEADER_VALUE',
  'ERR_HTTP2_INVALID_PSEUDOHEADER',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
]);

/** Codes of errors, beside those of the parser, for bytes that are no HTTP. */
const misreadings: ReadonlySet<string> = new Set(['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_HEADERS_OVERFLOW']);

/**
 * The error of an attempt for what node:http, node:http2 or undici has thrown; its code tells whether the endpoint can have seen
 * the request.
 */
export function explain(thrown: Error, { name, isConnected, isReused }: ConnectionState): BalancingProxyError {
  const error = thrown.cause instanceof Error ? thrown.cause : thrown;
  if (error instanceof BalancingProxyError) return error;
  const describe = (code: ErrorCode, what: string) =>
    new BalancingProxyError(code, `${what} ${name}: ${messageOf(error)}`, { cause: error });
  // The code of a DOMException, as signals have it, is a number.
  const systemCode = String((error as NodeJS.ErrnoException).code ?? '');
  // Errors of undici's parser may have a name only.
  const isOfParser = systemCode.startsWith('HPE_') || error.name === 'HTTPParserError';
  if (isOfParser || misreadings.has(systemCode)) return describe('ERR_BRP_BAD_RESPONSE', 'no HTTP response from');
  if (refusals.has(systemCode)) return describe('ERR_BRP_UNSENDABLE', 'this request cannot be sent to');
  if (isShortage(error)) return describe('ERR_BRP_NO_SOCKET', 'this host has no socket left to connect to');
  if (!isConnected) return describe('ERR_BRP_CONNECT', 'cannot connect to');
  if (isReused) return describe('ERR_BRP_STALE_CONNECTION', 'kept-alive connection was closed by');
  return describe('ERR_BRP_CONNECTION_LOST', 'lost the connection to');
}
