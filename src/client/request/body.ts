import type { IncomingMessage } from 'node:http';
import { constants as http2Constants } from 'node:http2';
import { noBody, type RequestBody } from '../../attempts/request-body.ts';
import { BalancingProxyError } from '../../errors.ts';
import { http2StreamOf } from '../../http/http2-stream.ts';
import { lengthOnWire, onWire } from '../../http/on-wire.ts';
import { joined } from '../../transports/message/response-body.ts';
import { leftBody } from './left-body.ts';
import { replayParsedBody } from './parsed-body.ts';

/** What to do with a body that is too large to be buffered and replayed. */
export type LargeBody = 'reject' | 'stream';

export interface BodySettings {
  readonly bodyLimitBytes: number;
  readonly largeBody: LargeBody;
}

/**
 * Takes the body off a request, once. Without a body there is nothing to wait for and the answer comes at once.
 * @param signal ends the waiting; what the client goes on to send is let go of then.
 * @throws the signal's reason when it fires first; BalancingProxyError `ERR_BRP_BODY_TOO_LARGE`, `ERR_BRP_TRANSFER_CODING`, `ERR_BRP_BODY_CONSUMED` when something
 * has read the body before and left nothing to send again, `ERR_BRP_CLIENT_GONE` when the client breaks off.
 */
export function takeBody(
  req: IncomingMessage,
  settings: BodySettings,
  signal: AbortSignal,
): RequestBody | Promise<RequestBody> {
  if (!announcesBody(req)) return noBody;
  const coding = onWire(req, 'transfer-encoding') ?? 'chunked';
  if (coding.toLowerCase() !== 'chunked') throw unknownCoding(coding);
  if (req.readableDidRead || req.readableEnded) return takeParsedBody(req, settings);
  // Chunks are text then, and what was no UTF-8 is lost.
  if (req.readableEncoding !== null) throw bodyConsumed();
  if (req.destroyed) throw clientGone();
  // What comes after the last byte that we want has no reader: an error of it would end the process.
  req.on('error', () => {});
  return bufferBody(req, settings, signal);
}

/** Whether the request announces a body, an empty one included (RFC 9112 6). */
export function announcesBody(req: IncomingMessage): boolean {
  const stream = http2StreamOf(req);
  if (stream) return !stream.endAfterHeaders;
  return onWire(req, 'content-length') !== undefined || onWire(req, 'transfer-encoding') !== undefined;
}

function takeParsedBody(req: IncomingMessage, { bodyLimitBytes }: BodySettings): RequestBody {
  const left = leftBody(req);
  const replayed = left ? { content: left, state: 'untouched' as const } : replayParsedBody(req);
  if (!replayed) throw bodyConsumed();
  if (replayed.content.length > bodyLimitBytes) throw tooLarge(bodyLimitBytes);
  return replayed;
}

/** Reads the whole body into one Buffer, or gives the stream back once it is known to be too long for that. */
function bufferBody(
  req: IncomingMessage,
  { bodyLimitBytes, largeBody }: BodySettings,
  signal: AbortSignal,
): RequestBody | Promise<RequestBody> {
  if (Number(lengthOnWire(req) ?? 0) > bodyLimitBytes) {
    if (largeBody === 'reject') throw tooLarge(bodyLimitBytes);
    return { content: req, state: 'untouched' };
  }
  const { promise, resolve, reject } = Promise.withResolvers<RequestBody>();
  const chunks: Buffer[] = [];
  let received = 0;
  const onData = (chunk: Buffer): void => {
    received += chunk.length;
    chunks.push(chunk);
    if (received > bodyLimitBytes) settle(onTooLarge);
  };
  const onTooLarge = (): void => {
    if (largeBody === 'reject') {
      reject(tooLarge(bodyLimitBytes));
      abandonUpload(req);
      return;
    }
    req.pause();
    // One by one, for whoever watches how they go out again.
    for (const chunk of chunks.toReversed()) req.unshift(chunk);
    resolve({ content: req, state: 'untouched' });
  };
  const onEnd = (): void => settle(() => resolve({ content: joined(chunks), state: 'untouched' }));
  const onGone = (): void => settle(() => reject(clientGone()));
  const onAbort = (): void =>
    settle(() => {
      reject(signal.reason);
      abandonUpload(req);
    });
  const settle = (done: () => void): void => {
    signal.removeEventListener('abort', onAbort);
    req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    done();
  };
  req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  // Middleware that waits for something may have paused it.
  req.resume();
  return promise;
}

export function clientGone(): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CLIENT_GONE', 'the client broke off the request');
}

function tooLarge(limitBytes: number): BalancingProxyError {
  const advice = "raise `bodyLimitBytes`, or send such bodies to one endpoint with `largeBody: 'stream'`";
  return new BalancingProxyError(
    'ERR_BRP_BODY_TOO_LARGE',
    `request body is larger than ${limitBytes} bytes: ${advice}`,
  );
}

/** Node takes off the chunks alone; what is below would arrive with nothing to say how to read it (RFC 9112 6.1). */
function unknownCoding(coding: string): BalancingProxyError {
  const message = `request body has the transfer coding '${coding}': expected 'chunked' alone`;
  return new BalancingProxyError('ERR_BRP_TRANSFER_CODING', message);
}

function bodyConsumed(): BalancingProxyError {
  const advice =
    'mount the proxy before body parsers (`app.use(proxy)` above `app.use(express.json())`), ' +
    'or let the parser keep the bytes in `req.rawBody`';
  const message =
    'the request body was read or decoded before the proxy and neither `req.rawBody` nor `req.body` can be sent again';
  return new BalancingProxyError('ERR_BRP_BODY_CONSUMED', `${message}: ${advice}`);
}

/**
 * Lets the rest of an upload that nobody wants any more run off, so that its connection can be used again. Over HTTP/2 the
 * client is told to stop once its answer is out (RFC 9113 8.1); the stream would stay until the client ends it otherwise.
 */
export function abandonUpload(req: IncomingMessage): void {
  req.unpipe();
  req.resume();
  const stream = http2StreamOf(req);
  if (!stream || stream.readableEnded) return;
  const stop = (): void => stream.close(http2Constants.NGHTTP2_NO_ERROR);
  if (stream.writableFinished) stop();
  else stream.once('finish', stop);
}
