import type { IncomingMessage } from 'node:http';
import { noBody, type RequestBody } from '../../attempts/request/request-body.ts';
import { BalancingProxyError } from '../../errors.ts';
import { announcesBody, lengthOnWire, onWire } from '../../http/on-wire.ts';
import { consume, detach, joined, type StreamReader } from '../../support/consume.ts';
import { clientGone } from '../connection/client-faults.ts';
import { abandonUpload } from './abandon-upload.ts';
import { leftBody } from './left-body.ts';
import { replayParsedBody } from './parsed-body.ts';

/** How a request is treated whose body is too large to be buffered: answered with 413, or streamed to one endpoint. */
export type LargeBody = 'reject' | 'stream';

/** How the bodies of requests are taken. */
interface BodySettings {
  /** The most bytes that are buffered, so that they can be sent again. */
  readonly bodyLimitBytes: number;
  /** How a body with more bytes is treated. */
  readonly largeBody: LargeBody;
}

/**
 * Takes the body off a request, once. The result is a promise only if there is something to wait for.
 * @param signal ends the waiting; bytes that the client sends after that are thrown away.
 * @throws the signal's reason when it fires first; BalancingProxyError `ERR_BRP_BODY_TOO_LARGE`, `ERR_BRP_TRANSFER_CODING`,
 * `ERR_BRP_BODY_CONSUMED` when middleware has read the body before and left nothing to send again, `ERR_BRP_CLIENT_GONE` when
 * the client breaks off.
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
  // A stream with an encoding gives text, in which bytes that are no UTF-8 are lost.
  if (req.readableEncoding !== null) throw bodyConsumed();
  if (req.destroyed) throw clientGone();
  // An error behind the last byte that is read has no other listener, and would end the process.
  req.on('error', () => {});
  return bufferBody(req, settings, signal);
}

function takeParsedBody(req: IncomingMessage, { bodyLimitBytes }: BodySettings): RequestBody {
  const left = leftBody(req);
  const replayed = left ? { content: left, state: 'untouched' as const } : replayParsedBody(req);
  if (!replayed) throw bodyConsumed();
  if (replayed.content.length > bodyLimitBytes) throw tooLarge(bodyLimitBytes);
  return replayed;
}

/** Reads the whole body into one Buffer, or gives the stream back once the body is known to be too long. */
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
  const reader: StreamReader = {
    onData: (chunk) => {
      received += chunk.length;
      chunks.push(chunk);
      if (received <= bodyLimitBytes) return;
      if (largeBody === 'reject') return refuse(tooLarge(bodyLimitBytes));
      stop();
      req.pause();
      // Chunk by chunk, so that their sending shows whether the endpoint reads.
      for (const one of chunks.toReversed()) req.unshift(one);
      resolve({ content: req, state: 'untouched' });
    },
    onEnd: () => {
      stop();
      resolve({ content: joined(chunks), state: 'untouched' });
    },
    onBroken: () => {
      stop();
      reject(clientGone());
    },
  };
  const onAbort = (): void => refuse(signal.reason);
  const refuse = (reason: unknown): void => {
    stop();
    reject(reason);
    abandonUpload(req);
  };
  const stop = (): void => {
    signal.removeEventListener('abort', onAbort);
    detach(req, reader);
  };
  signal.addEventListener('abort', onAbort);
  consume(req, reader);
  if (signal.aborted) onAbort();
  // Middleware that waits for something may have paused the request.
  req.resume();
  return promise;
}

function tooLarge(limitBytes: number): BalancingProxyError {
  const advice = "raise `bodyLimitBytes`, or send such bodies to one endpoint with `largeBody: 'stream'`";
  return new BalancingProxyError(
    'ERR_BRP_BODY_TOO_LARGE',
    `request body is larger than ${limitBytes} bytes: ${advice}`,
  );
}

/** Node undoes chunks and no other coding: an endpoint would get coded bytes and no header that says so (RFC 9112 6.1). */
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
