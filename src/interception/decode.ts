import { promisify } from 'node:util';
import zlib, { type ZlibOptions } from 'node:zlib';

type Decode = (body: Buffer, options: ZlibOptions) => Promise<Buffer>;

const inflate: Decode = promisify(zlib.inflate);
const inflateRaw: Decode = promisify(zlib.inflateRaw);
const gunzip: Decode = promisify(zlib.gunzip);

/** Servers send two things as `deflate`; the one without a header of zlib's is wrong, and common (RFC 9110 8.4.1.2). */
const inflateEither: Decode = (body, options) => inflate(body, options).catch(() => inflateRaw(body, options));

const decoders: Readonly<Record<string, Decode>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflateEither,
  br: promisify(zlib.brotliDecompress) as Decode,
  // Node has it from 22.15 on.
  ...(zlib.zstdDecompress && { zstd: promisify(zlib.zstdDecompress) as Decode }),
};

/** Whether all of these content codings, separated by commas, can be taken off a body. */
export function knowsCodings(codings: string): boolean {
  return codings === '' || codings.split(',').every((coding) => Object.hasOwn(decoders, coding));
}

/**
 * A body without its content codings, which are separated by commas in the order in which they were put on; undefined when it is not what
 * they say, or has more than `limitBytes`.
 */
export async function decoded(body: Buffer, codings: string, limitBytes: number): Promise<Buffer | undefined> {
  let plain = body;
  try {
    for (const coding of codings === '' ? [] : codings.split(',').reverse()) {
      plain = (await decoders[coding]?.(plain, { maxOutputLength: Math.max(limitBytes, 1) })) ?? plain;
    }
  } catch {
    return undefined;
  }
  return plain.length <= limitBytes ? plain : undefined;
}
