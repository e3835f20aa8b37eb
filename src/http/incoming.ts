import type { Readable } from 'node:stream';
import { BalancingProxyError } from '../errors.ts';
import type { UpstreamResponse } from '../transports/transport.ts';
import { contentLengthOf, valuesOf } from './headers.ts';

/** A response that announces at most this many bytes wins only when all of them are here. */
const smallBodyBytes = 65_536;

export function isSmall(announcedBytes: number | undefined): boolean {
  return announcedBytes !== undefined && announcedBytes <= smallBodyBytes;
}

/** Statuses whose responses have no body whatever their headers say (RFC 9110 6.4.1). */
const bodyless: ReadonlySet<number> = new Set([204, 304]);

/** The body bytes that a response is going to have, or undefined when only its end will tell. */
export function announcedLength(
  { status, headers, endsWithHead }: UpstreamResponse,
  method: string,
): number | undefined {
  return method === 'HEAD' || bodyless.has(status) || endsWithHead ? 0 : contentLengthOf(headers);
}

/** The chunks as one Buffer, without a copy where there is but one. */
export function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/** Node takes chunks off a body and no other coding, which the client would get with nothing to say so (RFC 9112 6.1). */
const decodedCodings: ReadonlySet<string> = new Set(['', 'chunked', 'identity']);

/** Why a response may be given to no client although it could be read, or undefined when it may. */
export function faultOf({ status, headers, upgraded }: UpstreamResponse): string | undefined {
  if (status < 200 && !upgraded) return `the final status ${status}`;
  const codings = valuesOf(headers, 'transfer-encoding').join(', ').trim().toLowerCase();
  return decodedCodings.has(codings) ? undefined : `the transfer coding ${codings}`;
}

/**
 * Reads a body to its end.
 * @throws BalancingProxyError `ERR_BRP_CONNECTION_LOST` when it is cut short, `ERR_BRP_IDLE_TIMEOUT` after a silence.
 */
export function readWhole(body: Readable, idleMs: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  const idle = idleMs < Infinity ? setTimeout(() => settle(() => reject(idleTimeout(idleMs))), idleMs) : undefined;
  const onData = (chunk: Buffer): void => {
    idle?.refresh();
    chunks.push(chunk);
  };
  const onEnd = (): void => settle(() => resolve(joined(chunks)));
  const onBroken = (cause?: unknown): void => settle(() => reject(brokenOff(cause)));
  const settle = (done: () => void): void => {
    clearTimeout(idle);
    body.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    done();
  };
  body.on('end', onEnd).on('error', onBroken).on('close', onBroken).on('data', onData);
  // What has no body may have ended before anybody could listen.
  if (body.readableEnded) onEnd();
  else if (body.destroyed) onBroken();
  return promise;
}

export function brokenOff(cause: unknown): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'the endpoint broke off its response body', { cause });
}

export function idleTimeout(idleMs: number): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_IDLE_TIMEOUT', `no byte of the response body within ${idleMs} ms`);
}
