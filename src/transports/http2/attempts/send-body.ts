import type { ClientHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { uploadTimeout } from '../../message/explain.ts';
import type { UpstreamRequest } from '../../message/transport.ts';
import { isLong, limitSending, pipeBody } from '../../message/upload.ts';

/** Bytes that are given to Node at once: during a write Node reads nothing, and nobody sees whether anything goes on. */
const pieceBytes = 65_536;

/**
 * Sends the body of a request.
 * @param isHeldUp as in `SendingLimit`.
 * @returns the function that ends the limit for an endpoint that does not read.
 */
export function sendBody(
  stream: ClientHttp2Stream,
  { body, address, idleMs }: UpstreamRequest,
  isHeldUp: () => boolean,
): () => void {
  if (!(body instanceof Readable)) {
    if (body && body.length > pieceBytes) pipeBody(inPieces(body), stream);
    else stream.end(body);
  }
  // The body may have broken off while a connection was waited for.
  else if (body.destroyed) stream.destroy(new Error('the request body broke off'));
  else pipeBody(body, stream);
  if (idleMs === Infinity || !isLong(body)) return () => {};
  const onStalled = (): void => void stream.destroy(uploadTimeout({ address, idleMs }));
  const stop = limitSending(stream, { of: stream, ms: idleMs, onStalled, isHeldUp });
  stream.once('finish', stop).once('close', stop);
  return stop;
}

/**
 * A body as a stream that lets go of it once it is read, because the HTTP/2 stream keeps its source for as long as it is open.
 */
function inPieces(body: Buffer): Readable {
  let rest: Buffer | undefined = body;
  return new Readable({
    read() {
      const piece = rest?.subarray(0, pieceBytes);
      rest = rest && rest.length > pieceBytes ? rest.subarray(pieceBytes) : undefined;
      this.push(piece);
      if (!rest) this.push(null);
    },
  });
}
