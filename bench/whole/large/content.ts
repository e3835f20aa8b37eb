import { createHash } from 'node:crypto';
import type { ByteRange } from '../parts/byte-range.ts';
import { createNoise } from '../parts/noise.ts';

// The body of a download: noise that comes again and again, of a length that is no multiple of anything, so that a part in a
// wrong place does not look right. Nothing of it is copied, so that endpoints have little to do but write.

const noise = createNoise(4_194_301);

/** The most bytes of a piece. */
const pieceBytes = 262_144;

/** A part of the body, piece by piece. */
export function* contentOf({ start, end }: ByteRange): Generator<Buffer> {
  for (let at = start; at < end; ) {
    const from = at % noise.length;
    const piece = noise.subarray(from, Math.min(noise.length, from + pieceBytes, from + end - at));
    yield piece;
    at += piece.length;
  }
}

/** The SHA-256 of a body of this size. */
export function hashOfContent(bytes: number): string {
  const hash = createHash('sha256');
  for (const piece of contentOf({ start: 0, end: bytes })) hash.update(piece);
  return hash.digest('hex');
}
