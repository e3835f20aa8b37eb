import { createRandom } from '../../../shared/random.ts';

/** Bytes without a pattern, the same ones in every process, so that no byte in a wrong place looks right. */
export function createNoise(bytes: number): Buffer {
  const random = createRandom(16);
  const words = Uint32Array.from({ length: Math.ceil(bytes / 4) }, () => random() * 2 ** 32);
  return Buffer.from(words.buffer, 0, bytes);
}
