import type { Readable } from 'node:stream';

/** The listeners of whoever reads a stream to its end. */
export interface StreamReader {
  /** A chunk has come. */
  readonly onData: (chunk: Buffer) => void;
  /** All chunks have come. */
  readonly onEnd: () => void;
  /** The stream broke off: with an error, or by closing before its end. */
  readonly onBroken: (cause?: unknown) => void;
}

/**
 * Reads a stream. If the stream has ended or was destroyed before, the reader is told at once, since no event would follow. The reader
 * calls {@link detach} on the first end or break: a `close` follows, which would count as a break.
 */
export function consume(stream: Readable, reader: StreamReader): void {
  const { onData, onEnd, onBroken } = reader;
  stream.on('end', onEnd).on('error', onBroken).on('close', onBroken).on('data', onData);
  if (stream.readableEnded) onEnd();
  else if (stream.destroyed) onBroken();
}

/** Takes a reader's listeners off its stream. The stream flows on unless it is paused. */
export function detach(stream: Readable, { onData, onEnd, onBroken }: StreamReader): void {
  stream.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
}

/** The chunks that were read as one Buffer, without a copy where there is but one. */
export function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
