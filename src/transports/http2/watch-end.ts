import type { ClientHttp2Stream } from 'node:http2';

/**
 * Node makes a clean end, too, of a stream that was cancelled, whose connection was lost, or that the endpoint reset with
 * NO_ERROR, as Envoy breaks off a body. Only such a stream is closed before its end comes.
 * @param onAllHere is called when all that comes has come, and may not be read yet.
 * @returns whether the endpoint itself has ended the stream.
 */
export function watchEnd(stream: ClientHttp2Stream, onAllHere: () => void): () => boolean {
  let hasEnded = false;
  const { push } = stream;
  stream.push = (chunk, encoding) => {
    if (chunk === null && !stream.closed) hasEnded = true;
    const isWanted = push.call(stream, chunk, encoding);
    if (chunk === null) onAllHere();
    return isWanted;
  };
  return () => hasEnded;
}
