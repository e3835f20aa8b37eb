import type { ClientRequest } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import type { UpstreamRequest } from './transport.ts';

/** Milliseconds for which an endpoint that has answered already may leave the rest of a request unread. */
export const unreadMs = 500;

/** Bytes that the kernel takes at once, whether or not the endpoint reads. */
const takenAtOnceBytes = 16_384;

/** Whether a body is sent only to an endpoint that reads; a shorter one is gone before anybody could look. */
export function isLong(body: Buffer | Readable | undefined): boolean {
  return body instanceof Readable || (body !== undefined && body.length > takenAtOnceBytes);
}

/**
 * The request without its body, to remember once the head of the response is there: the body would stay as long as the response is
 * open.
 */
export function withoutBody(request: UpstreamRequest): UpstreamRequest {
  return request.body instanceof Uint8Array ? { ...request, body: undefined } : request;
}

/**
 * Sends the head of a request without a body and without framing headers. node:http gives PROPFIND, QUERY and the like an empty chunked
 * body, which some servers refuse (node-http-proxy 373, 1343); it can be taken off only where the headers are set one by one.
 */
export function sendUnframed(client: ClientRequest, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) client.appendHeader(headers[i] ?? '', headers[i + 1] ?? '');
  client.removeHeader('Content-Length');
  client.removeHeader('Transfer-Encoding');
}

/** Sends a stream that is not ours: when the attempt ends first, the stream stays usable for its owner. */
export function pipeBody(body: Readable, stream: Writable): void {
  const onBroken = (): void => void stream.destroy(new Error('the request body broke off'));
  body.on('error', onBroken).on('close', onBroken);
  body.once('end', () => body.off('close', onBroken));
  stream.once('close', () => body.unpipe(stream).off('error', onBroken).off('close', onBroken));
  body.pipe(stream);
}

/**
 * Makes a function that says whether something was so at any time since its last call: silence counts from the end of an upload.
 */
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

/** The time in which a connection, or a stream of one, has to take some of the bytes that are to be sent. */
interface SendingLimit {
  /** The stream whose bytes are to be sent. */
  readonly of: Writable;
  /** The time, in milliseconds. */
  readonly ms: number;
  /** Is called when the time is over. */
  readonly onStalled: () => void;
  /** Whether the response has to wait for a slow client: an endpoint may read on only when it has got rid of its response. */
  readonly isHeldUp?: () => boolean;
}

/**
 * Tells when the endpoint takes none of the bytes that are to be sent, and sends none either, unless its response has to wait. No time
 * runs while there is nothing to send, because the client is slow.
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
 * Closes the connection, or the stream of one, of an endpoint that has answered but stopped reading and would keep it for ever.
 * @param sending the request, with which the limit ends.
 */
export function limitRest(connection: Socket | ClientHttp2Stream, sending: Writable): void {
  const stop = limitSending(connection, { of: sending, ms: unreadMs, onStalled: () => void connection.destroy() });
  sending.once('finish', stop).once('close', stop);
}
