import type { ClientRequest } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import type { UpstreamRequest } from './transport.ts';

/** How long an endpoint that has answered already may leave the rest of a request unread. */
export const unreadMs = 500;

/** So many bytes the kernel takes off our hands at once, whether or not the endpoint reads. */
const takenAtOnceBytes = 16_384;

/** Whether sending a body takes an endpoint that reads; all others are gone before anybody could look. */
export function isLong(body: Buffer | Readable | undefined): boolean {
  return body instanceof Readable || (body !== undefined && body.length > takenAtOnceBytes);
}

/** The request as it is to be known once its head is answered: the body would stay as long as the response is open. */
export function withoutBody(request: UpstreamRequest): UpstreamRequest {
  return request.body instanceof Uint8Array ? { ...request, body: undefined } : request;
}

/**
 * Without a body node:http gives PROPFIND, QUERY and the like an empty chunked one, which some servers refuse
 * (node-http-proxy 373, 1343). Only headers set one by one can have their framing taken off.
 */
export function sendUnframed(client: ClientRequest, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) client.appendHeader(headers[i] ?? '', headers[i + 1] ?? '');
  client.removeHeader('Content-Length');
  client.removeHeader('Transfer-Encoding');
}

/** Sends a stream that is not ours: when the attempt ends first, the stream must stay usable for whoever owns it. */
export function pipeBody(body: Readable, stream: Writable): void {
  const onBroken = (): void => void stream.destroy(new Error('the request body broke off'));
  body.on('error', onBroken).on('close', onBroken);
  body.once('end', () => body.off('close', onBroken));
  stream.once('close', () => body.unpipe(stream).off('error', onBroken).off('close', onBroken));
  body.pipe(stream);
}

/** Whether something was so at any time since this was asked before: silence counts from the end of an upload. */
export function sinceAskedBefore(isSo: () => boolean): () => boolean {
  let was = true;
  return () => {
    const answer = was;
    was = isSo();
    return answer;
  };
}

/** Whether so much has come of a body that no more is taken until somebody reads. */
export function isFull(body: Readable): boolean {
  return body.readableLength >= body.readableHighWaterMark;
}

/** The time in which a connection, or the stream of one, has to take something of what there is to send. */
export interface SendingLimit {
  /** What is being sent over it. */
  readonly of: Writable;
  readonly ms: number;
  readonly onStalled: () => void;
  /** Whether what comes is left to wait, because the client is slow to read: an endpoint may have to be rid of it before it reads on. */
  readonly isHeldUp?: () => boolean;
}

/**
 * Tells when there is something to send and nothing of it is taken, and nothing comes either, nor is held up. While whoever makes the body
 * has nothing for us, no time runs.
 * @returns the function that ends the watch.
 */
export function limitSending(
  connection: Socket | ClientHttp2Stream,
  { of: sending, ms, onStalled, isHeldUp }: SendingLimit,
): () => void {
  const onTime = (): void => {
    if (sending.writableLength === 0) return;
    if (isHeldUp?.()) connection.setTimeout(ms);
    else onStalled();
  };
  connection.setTimeout(ms, onTime);
  return () => void connection.setTimeout(0, onTime);
}

/**
 * Closes the connection, or the stream of one, of an endpoint that has answered but stopped reading, which would keep it for
 * ever.
 * @param sending the request, which is this one's only, so that the limit ends with it.
 */
export function limitRest(connection: Socket | ClientHttp2Stream, sending: Writable): void {
  const stop = limitSending(connection, { of: sending, ms: unreadMs, onStalled: () => void connection.destroy() });
  sending.once('finish', stop).once('close', stop);
}
