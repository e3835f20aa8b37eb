import type { Readable } from 'node:stream';

/** The listeners of whoever reads a stream to its end. */
export interface StreamReader {
  readonly onData: (chunk: Buffer) => void;
  readonly onEnd: () => void;
  /** The stream broke off: with an error, or by closing before its end. */
  readonly onBroken: (cause?: unknown) => void;
}

/**
 * Reads a stream. One that has ended or was destroyed before, and would never say so again, is told of at once. The reader
 * is told until {@link detach}, which it calls itself: an end and an error are followed by `close`, which counts as broken.
 */
export function consume(stream: Readable, reader: StreamReader): void {
  const { onData, onEnd, onBroken } = reader;
  stream.on('end', onEnd).on('error', onBroken).on('close', onBroken).on('data', onData);
  if (stream.readableEnded) onEnd();
  else if (stream.destroyed) onBroken();
}

/** Takes a reader's listeners off its stream, which goes on to flow if nobody pauses it. */
export function detach(stream: Readable, { onData, onEnd, onBroken }: StreamReader): void {
  stream.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
}

/** The chunks that were read as one Buffer, without a copy where there is but one. */
export function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
