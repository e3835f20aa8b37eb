import { createCipheriv, createHash } from 'node:crypto';

/** Bytes that look random and follow from their number and a name, so that no answer can be taken for another one. */
export function bodyOf(bytes: number, name = ''): Buffer {
  const key = createHash('sha256').update(`${bytes} ${name}`).digest();
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(Buffer.alloc(bytes));
}

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
