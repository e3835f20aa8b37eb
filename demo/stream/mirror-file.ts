import { createCipheriv, createHash } from 'node:crypto';

/** A file that all mirrors have. */
export interface MirrorFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** The hash of its bytes, in hexadecimal digits. */
  readonly sha256: string;
  /** Strong, and the same on all mirrors. */
  readonly etag: string;
}

/** Makes a file of random bytes, the same ones each time. @param size in bytes. */
export function createMirrorFile(name: string, size: number): MirrorFile {
  // A stream cipher is the fastest source of bytes that can be repeated.
  const bytes = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(size));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, bytes, sha256, etag: `"${sha256.slice(0, 16)}"` };
}
