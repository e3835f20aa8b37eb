import http2, { type ClientHttp2Stream } from 'node:http2';

/**
 * Watches who ends a stream: Node makes a clean end, too, of a stream that was cancelled, whose connection was lost, or that the
 * endpoint reset with NO_ERROR, as Envoy breaks off a body. Only such a stream is closed before its end comes.
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

/** A response body at its end. */
interface EndedBody {
  /** Whether the endpoint itself has ended the stream, as {@link watchEnd} says. */
  readonly hasEnded: boolean;
  /** The bytes that have come. */
  readonly receivedBytes: number;
  /** The bytes that the head announced, if it did. */
  readonly announcedBytes: number | undefined;
}

/** Gives what is wrong with the end of a body, or undefined when the body is whole. */
export function faultAtEnd(
  { rstCode }: Pick<ClientHttp2Stream, 'rstCode'>,
  { hasEnded, receivedBytes, announcedBytes }: EndedBody,
): Error | undefined {
  const isComplete = receivedBytes === announcedBytes;
  // A node:http2 server that did not read its request resets the stream in place of ending it, now and then.
  if (!hasEnded && !(isComplete && rstCode === http2.constants.NGHTTP2_NO_ERROR)) {
    return new Error(`the stream was reset with code ${rstCode}`);
  }
  if (announcedBytes === undefined || isComplete) return undefined;
  return new Error(`${receivedBytes} bytes came of ${announcedBytes}`);
}
