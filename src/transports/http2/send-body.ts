import type { ClientHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { uploadTimeout } from '../explain.ts';
import type { UpstreamRequest } from '../transport.ts';
import { isLong, limitSending, pipeBody } from '../upload.ts';

/**
 * Sends the body of a request.
 * @returns the function that ends the limit for an endpoint that does not read.
 */
export function sendBody(stream: ClientHttp2Stream, { body, address, idleMs }: UpstreamRequest): () => void {
  if (!(body instanceof Readable)) stream.end(body);
  // It may have broken off while a connection was waited for.
  else if (body.destroyed) stream.destroy(new Error('the request body broke off'));
  else pipeBody(body, stream);
  if (idleMs === Infinity || !isLong(body)) return () => {};
  const onStalled = (): void => void stream.destroy(uploadTimeout({ address, idleMs }));
  const stop = limitSending(stream, { of: stream, ms: idleMs, onStalled });
  stream.once('finish', stop).once('close', stop);
  return stop;
}
