import type { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { contentLengthOf, valuesOf } from '../../http/headers.ts';
import { mayHaveBody } from '../../http/may-have-body.ts';
import type { UpstreamResponse } from './transport.ts';

/** The body bytes that a response is going to have, or undefined when only its end will tell. */
export function announcedBytesOf(
  { status, headers, endsWithHead }: UpstreamResponse,
  method: string,
): number | undefined {
  return !mayHaveBody(method, status) || endsWithHead ? 0 : contentLengthOf(headers);
}

/** Whether the endpoint has broken off a body that nobody has read to its end. */
export function isResponseBroken(body: Buffer | Readable): boolean {
  return !(body instanceof Uint8Array) && body.destroyed && !body.readableEnded;
}

/**
 * Codings that Node takes off a body. A body in any other one would reach the client with nothing that says so (RFC 9112 6.1).
 */
const decodedCodings: ReadonlySet<string> = new Set(['', 'chunked', 'identity']);

/** Why a response may be given to no client although it could be read, or undefined when it may. */
export function responseFault({ status, headers, upgraded }: UpstreamResponse): string | undefined {
  if (status < 200 && !upgraded) return `the final status ${status}`;
  const codings = valuesOf(headers, 'transfer-encoding').join(', ').trim().toLowerCase();
  return decodedCodings.has(codings) ? undefined : `the transfer coding ${codings}`;
}

/**
 * The whole body of a response, where the transport has it already.
 * @throws BalancingProxyError as {@link responseLengthFault}.
 */
export function wholeIfHere(response: UpstreamResponse, announcedBytes: number | undefined): Buffer | undefined {
  const whole = response.takeWhole?.();
  const fault = whole && responseLengthFault(whole.length, announcedBytes);
  if (fault) throw fault;
  return whole;
}

/**
 * The fault of a body that was read to its end and has another length than announced: a transport may take any end for a good one, and
 * the client would wait for bytes that are missing, or read bytes that are too many as the next response.
 * @returns an error `ERR_BRP_CONNECTION_LOST` or `ERR_BRP_BAD_RESPONSE`; undefined for a body of the right length.
 */
export function responseLengthFault(
  bytes: number,
  announcedBytes: number | undefined,
): BalancingProxyError | undefined {
  if (isResponseTooLong(bytes, announcedBytes)) return responseTooLong();
  return bytes < (announcedBytes ?? 0) ? responseTooShort(bytes, announcedBytes) : undefined;
}

/** Whether a body is longer than announced, be it at its end or before. */
export function isResponseTooLong(bytes: number, announcedBytes: number | undefined): boolean {
  return announcedBytes !== undefined && bytes > announcedBytes;
}

/** The error of a body that is longer than announced. */
export function responseTooLong(): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', 'the response body is longer than its Content-Length');
}

function responseTooShort(bytes: number, announcedBytes: number | undefined): BalancingProxyError {
  return responseBrokenOff(new RangeError(`the body ended after ${bytes} of ${announcedBytes} bytes`));
}

/** The error of a body that broke off. */
export function responseBrokenOff(cause: unknown): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'the endpoint broke off its response body', { cause });
}

/** The error of a body that was silent for so many milliseconds. */
export function responseIdleTimeout(idleMs: number): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_IDLE_TIMEOUT', `no byte of the response body within ${idleMs} ms`);
}
