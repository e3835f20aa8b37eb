import type { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { contentLengthOf, valuesOf } from '../../http/headers.ts';
import { consume, detach, joined, type StreamReader } from '../../support/consume.ts';
import type { UpstreamResponse } from './transport.ts';

/** Statuses whose responses have no body whatever their headers say (RFC 9110 6.4.1). */
const bodyless: ReadonlySet<number> = new Set([204, 304]);

/** The body bytes that a response is going to have, or undefined when only its end will tell. */
export function announcedBytesOf(
  { status, headers, endsWithHead }: UpstreamResponse,
  method: string,
): number | undefined {
  return method === 'HEAD' || bodyless.has(status) || endsWithHead ? 0 : contentLengthOf(headers);
}

/** Whether the endpoint has broken off a body that nobody has read to its end. */
export function isResponseBroken(body: Buffer | Readable): boolean {
  return !(body instanceof Uint8Array) && body.destroyed && !body.readableEnded;
}

/** Node takes chunks off a body and no other coding, which the client would get with nothing to say so (RFC 9112 6.1). */
const decodedCodings: ReadonlySet<string> = new Set(['', 'chunked', 'identity']);

/** Why a response may be given to no client although it could be read, or undefined when it may. */
export function responseFault({ status, headers, upgraded }: UpstreamResponse): string | undefined {
  if (status < 200 && !upgraded) return `the final status ${status}`;
  const codings = valuesOf(headers, 'transfer-encoding').join(', ').trim().toLowerCase();
  return decodedCodings.has(codings) ? undefined : `the transfer coding ${codings}`;
}

/** What is known of a body before it is read. */
export interface BodyPlan {
  /** Milliseconds of silence that are borne, or Infinity. */
  readonly idleMs: number;
  /** The bytes that it must have, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
}

/**
 * The whole body of a response, at once where the transport has it.
 * @throws BalancingProxyError `ERR_BRP_CONNECTION_LOST` when it is cut short, `ERR_BRP_BAD_RESPONSE` when it is longer than
 * it announced, `ERR_BRP_IDLE_TIMEOUT` after a silence.
 */
export function wholeResponseBody(response: UpstreamResponse, plan: BodyPlan): Buffer | Promise<Buffer> {
  const whole = response.takeWhole?.();
  if (!whole) return readWhole(response, plan);
  checkResponseLength(whole.length, plan.announcedBytes);
  return whole;
}

/** Reads a body to its end. */
function readWhole(response: UpstreamResponse, { idleMs, announcedBytes }: BodyPlan): Promise<Buffer> {
  const { body } = response;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let received = 0;
  const onSilence = (): void => {
    // An endpoint that reads an upload, having answered before, is not silent.
    if (response.isUploading?.()) idle?.refresh();
    else fail(responseIdleTimeout(idleMs));
  };
  const idle = idleMs < Infinity ? setTimeout(onSilence, idleMs) : undefined;
  const reader: StreamReader = {
    onData: (chunk) => {
      idle?.refresh();
      chunks.push(chunk);
      received += chunk.length;
      if (isResponseTooLong(received, announcedBytes)) fail(responseTooLong());
    },
    onEnd: () => {
      if (received < (announcedBytes ?? 0)) return fail(responseTooShort(received, announcedBytes));
      stop();
      resolve(joined(chunks));
    },
    onBroken: (cause) => fail(responseBrokenOff(cause)),
  };
  const stop = (): void => {
    clearTimeout(idle);
    detach(body, reader);
  };
  const fail = (error: BalancingProxyError): void => {
    stop();
    reject(error);
  };
  // What has no body may have ended before anybody could listen.
  consume(body, reader);
  return promise;
}

/**
 * Compares the length of a body that was read to its end with what was announced: a transport may take any end for a good
 * one, and the client would wait for what is missing, or read what is too much as the next response.
 * @throws BalancingProxyError `ERR_BRP_CONNECTION_LOST` or `ERR_BRP_BAD_RESPONSE`.
 */
export function checkResponseLength(bytes: number, announcedBytes: number | undefined): void {
  if (isResponseTooLong(bytes, announcedBytes)) throw responseTooLong();
  if (bytes < (announcedBytes ?? 0)) throw responseTooShort(bytes, announcedBytes);
}

export function isResponseTooLong(bytes: number, announcedBytes: number | undefined): boolean {
  return announcedBytes !== undefined && bytes > announcedBytes;
}

export function responseTooLong(): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', 'the response body is longer than its Content-Length');
}

function responseTooShort(bytes: number, announcedBytes: number | undefined): BalancingProxyError {
  return responseBrokenOff(new RangeError(`the body ended after ${bytes} of ${announcedBytes} bytes`));
}

export function responseBrokenOff(cause: unknown): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'the endpoint broke off its response body', { cause });
}

export function responseIdleTimeout(idleMs: number): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_IDLE_TIMEOUT', `no byte of the response body within ${idleMs} ms`);
}
