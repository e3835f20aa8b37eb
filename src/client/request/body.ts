import type { IncomingMessage } from 'node:http';
import { noBody, type RequestBody } from '../../attempts/request-body.ts';
import { BalancingProxyError } from '../../errors.ts';
import { announcesBody, lengthOnWire, onWire } from '../../http/on-wire.ts';
import { consume, detach, joined, type StreamReader } from '../../support/consume.ts';
import { clientGone } from '../connection/client-faults.ts';
import { abandonUpload } from './abandon-upload.ts';
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
  const reader: StreamReader = {
    onData: (chunk) => {
      received += chunk.length;
      chunks.push(chunk);
      if (received <= bodyLimitBytes) return;
      if (largeBody === 'reject') return refuse(tooLarge(bodyLimitBytes));
      stop();
      req.pause();
      // One by one, for whoever watches how they go out again.
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
  // Middleware that waits for something may have paused it.
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
