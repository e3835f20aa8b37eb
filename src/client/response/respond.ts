import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants as http2Constants } from 'node:http2';
import type { BalancingProxyError } from '../../errors.ts';
import { groupByName, type HeaderList, hasHighByte, isFieldValue, namesOf } from '../../http/headers.ts';
import { groupForHttp2 } from '../../http/http2-headers.ts';
import { http2StreamOf } from '../../http/http2-stream.ts';
import { responseBrokenOff } from '../../transports/message/response-body.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import { reset } from '../connection/close.ts';
import type { ClientResponse } from './client-response.ts';
import { writeEarlyHints } from './early-hints.ts';
import { endResponse } from './ending.ts';
import { streamBody } from './stream-body.ts';
import { addTrailers, trailersFor } from './trailers.ts';

/** Headers that say how a body is framed: those that middleware has set before are meant for another body than the endpoint's. */
const ownFraming = ['Content-Length', 'Trailer'];

/** Headers of which the client gets the endpoint's beside those that were on `res` before. */
const additive: ReadonlySet<string> = new Set(['set-cookie', 'vary', 'server-timing']);

/**
 * Sends a response through `res`'s own methods, so that `compression` and the like see it.
 * @returns the number of bytes of the body, once all of them are handed to `res`.
 * @throws BalancingProxyError `ERR_BRP_CONNECTION_LOST` or `ERR_BRP_IDLE_TIMEOUT` when the endpoint broke off; {@link breakOff} must
 * then end the response, which would look whole otherwise.
 */
export async function respond(res: ServerResponse, answer: ClientResponse): Promise<number> {
  try {
    throwIfBroken(answer);
    writeHead(res, answer);
    answer.onHead?.();
    if (!(answer.body instanceof Uint8Array)) return await streamBody(res, answer.body, answer);
    // Node takes this header for UTF-8 when it writes head and body in one go (nodejs/node 46528).
    if (!res.headersSent && hasHighByte(res.getHeader('Content-Disposition'))) res.writeHead(res.statusCode);
    endWhole(res, answer.body, answer.response.trailers());
    return answer.body.length;
  } catch (error) {
    if (!res.headersSent) takeHeadBack(res, namesOf(answer.headers));
    throw error;
  }
}

/** A response that was kept while the race went on, or while its headers were made, may have broken off meanwhile. */
function throwIfBroken({ body, resumer }: ClientResponse): void {
  const cause = body instanceof Uint8Array ? undefined : body.errored;
  if (!cause || resumer?.mayBegin) return;
  const error = responseBrokenOff(cause);
  resumer?.brokeOff(error, 0);
  throw error;
}

/** Sends a body that is here whole, and its trailers. */
function endWhole(res: ServerResponse, body: Buffer, received: HeaderList): void {
  const trailers = trailersFor(res, received);
  if (trailers.length > 0) {
    // A body that is only given to `end` would get a Content-Length, with which there are no trailers (RFC 9112 7.1.2).
    res.write(body);
    addTrailers(res, trailers);
    endResponse(res);
  } else if (body.length > 0) endResponse(res, body);
  // An empty Buffer counts as a body: a server with `rejectNonStandardBodyWrites` takes none for HEAD, 204 and 304, and over HTTP/2
  // the head would no longer end the stream, as a gRPC client needs it to find the status.
  else endResponse(res);
}

/** Takes the endpoint's head off `res`: an error page must not get the endpoint's `Content-Length` or `Content-Encoding`. */
export function takeHeadBack(res: ServerResponse, names: Iterable<string>): void {
  const { sendDate } = res;
  if (res.req.httpVersionMajor < 2) res.statusMessage = '';
  for (const name of names) res.removeHeader(name);
  // Node takes the removal of the endpoint's date for a wish to have none.
  res.sendDate = sendDate;
}

/** Ends a response that cannot be completed so that the client sees it broken: by a reset, never by a clean end. */
export function breakOff(res: ServerResponse): void {
  const stream = http2StreamOf(res);
  if (stream) stream.close(http2Constants.NGHTTP2_INTERNAL_ERROR);
  // A body that ends with the connection, as HTTP/1.0 has it, looks whole after anything but a reset.
  else if (res.socket && !res.chunkedEncoding && !res.hasHeader('Content-Length')) reset(res.socket);
  else res.destroy();
}

/** Answers an error with a line of text that names no endpoint, where no error handler can be given the error. */
export function respondPlainly(
  req: IncomingMessage,
  res: ServerResponse,
  error: BalancingProxyError,
  xRequestId: string | undefined,
): void {
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  if (req.httpVersionMajor < 2) res.statusMessage = '';
  const text = `${error.status} ${error.code}\n`;
  res.statusCode = error.status;
  for (const [name, value] of Object.entries(error.headers ?? {})) res.setHeader(name, value);
  if (xRequestId !== undefined) res.setHeader('X-Request-Id', xRequestId);
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(req.method === 'HEAD' ? undefined : text);
}

function writeHead(res: ServerResponse, answer: ClientResponse): void {
  const { status } = answer.response;
  for (const hints of answer.interim) writeEarlyHints(res, hints);
  res.statusCode = status;
  for (const name of ownFraming) if (res.hasHeader(name)) res.removeHeader(name);
  const hasTrailers = mayHaveTrailers(res, answer);
  const isHttp2 = res.req.httpVersionMajor > 1;
  for (const { name, values } of isHttp2 ? groupForHttp2(answer.headers) : groupByName(answer.headers)) {
    const lower = name.toLowerCase();
    // Node throws when trailers are announced for a body that is not chunked.
    if (lower === 'trailer' && !hasTrailers) continue;
    // RFC 9110 8.6 forbids a length with 204, and some clients wait for the bytes.
    if (lower === 'content-length' && status === 204) continue;
    const earlier = additive.has(lower) ? res.getHeader(name) : undefined;
    const all = earlier === undefined ? values : [earlier, values].flat().map(String);
    res.setHeader(name, all.length === 1 && all[0] !== undefined ? all[0] : all);
  }
  const { body, announcedBytes } = answer;
  // A body that was held until it was whole needs no framing in chunks.
  if (body instanceof Uint8Array && announcedBytes === undefined && !hasTrailers)
    res.setHeader('Content-Length', body.length);
  // HTTP/2 has no reason phrase, and Node warns when it is set there (RFC 9113 8.3.2).
  if (!isHttp2) setReason(res, writableReason(answer.response));
}

/** Whether trailers may follow the body, which has no length then (RFC 9112 7.1.2). Those of a body that is here are known. */
function mayHaveTrailers(res: ServerResponse, { body, announcedBytes, response }: ClientResponse): boolean {
  if (announcedBytes !== undefined || res.req.httpVersion === '1.0') return false;
  return !(body instanceof Uint8Array) || trailersFor(res, response.trailers()).length > 0;
}

function setReason(res: ServerResponse, reason: string | undefined): void {
  res.statusMessage = reason ?? '';
  // Node would put a phrase of its own in the place of an empty one.
  if (reason === '') res.writeHead(res.statusCode, '');
}

/** The reason phrase, or undefined when node:http, which reads any character there, would refuse to write it. */
export function writableReason({ statusText }: UpstreamResponse): string | undefined {
  return isFieldValue(statusText) ? statusText : undefined;
}
