import { gzipSync } from 'node:zlib';
import { MiB } from '../../../shared/bytes.ts';
import { createNoise } from '../parts/noise.ts';

/** How an endpoint gives an answer. */
export interface BodyForm {
  readonly name: string;
  /** The size of the body; of one that is gzipped, before it was. */
  readonly bytes: number;
  /** Whether the size is announced; else the body goes out in chunks, and over HTTP/2 without a length. */
  readonly hasLength: boolean;
  /** Whether the answer has a strong ETag, and the endpoint gives parts of it (`Range`). */
  readonly hasParts: boolean;
  readonly isGzipped: boolean;
  /** The bytes that are written at a time. */
  readonly pieceBytes: number;
  /** Time between two pieces, in milliseconds. */
  readonly pauseMs: number;
}

const plain = { hasLength: false, hasParts: false, isGzipped: false, pieceBytes: 512, pauseMs: 0 };
const large = { ...plain, bytes: 5 * MiB, pieceBytes: 65_536 };

/** The forms that answers have. Drips come over a time that is longer than a response is held. */
export const forms = {
  chunked: { ...plain, name: '2 KB, chunked', bytes: 2_048 },
  length: { ...plain, name: '2 KB, length', bytes: 2_048, hasLength: true },
  gzip: { ...plain, name: '2 KB, gzip, chunked', bytes: 4_096, isGzipped: true },
  drips: { ...plain, name: '2 KB, drips over 300 ms', bytes: 2_048, pieceBytes: 205, pauseMs: 33 },
  parts: { ...large, name: '5 MiB, length, ETag', hasLength: true, hasParts: true },
  stream: { ...large, name: '5 MiB, chunked', bytes: 5 * MiB },
} satisfies Readonly<Record<string, BodyForm>>;

/** The name of a form, as it stands in paths. */
export type FormName = keyof typeof forms;

const noise = createNoise(6 * MiB);

/** The body that every endpoint gives for the request of this number: each number has a body of its own. */
export function bodyOf({ bytes, isGzipped }: BodyForm, number: number): Buffer {
  const start = (number * 509) % (noise.length - bytes);
  if (!isGzipped) return noise.subarray(start, start + bytes);
  // Hexadecimal digits are half as long when they are packed.
  return gzipSync(noise.subarray(start, start + bytes / 2).toString('hex'));
}
