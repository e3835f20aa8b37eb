import { type HeaderList, valuesOf } from './headers.ts';

/** The part of a whole that a response carries (RFC 9110 14.4); the positions count from 0. */
export interface ContentRange {
  /** The position of the first byte. */
  readonly firstByte: number;
  /** The position of the last byte, which belongs to the part. */
  readonly lastByte: number;
  /** The bytes of the whole. */
  readonly completeBytes: number;
}

/** The range of a response with one part; undefined when there is none, several, or the length of the whole is not told. */
export function contentRangeOf(headers: HeaderList): ContentRange | undefined {
  const [value, ...more] = valuesOf(headers, 'content-range');
  const match = more.length === 0 ? /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(value?.trim() ?? '') : null;
  if (!match) return undefined;
  const [firstByte = 0, lastByte = 0, completeBytes = 0] = match.slice(1).map(Number);
  const isInOrder = firstByte <= lastByte && lastByte < completeBytes;
  return isInOrder && Number.isSafeInteger(completeBytes) ? { firstByte, lastByte, completeBytes } : undefined;
}

/** The bytes that a range holds. */
export function bytesOfRange({ firstByte, lastByte }: ContentRange): number {
  return lastByte - firstByte + 1;
}

/**
 * The strong entity tag of a response, quotes included (RFC 9110 8.8.3): with it, the same tag means the same bytes. Undefined when
 * there is none, several, or a weak one.
 */
export function strongEtagOf(headers: HeaderList): string | undefined {
  const [value, ...more] = valuesOf(headers, 'etag');
  const etag = value?.trim() ?? '';
  return more.length === 0 && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : undefined;
}

/** Whether a request asks for the whole, or for one range of bytes, its end included or left open or counted from the end. */
export function asksForOnePart(headers: HeaderList): boolean {
  const [value, ...more] = valuesOf(headers, 'range');
  return value === undefined || (more.length === 0 && /^bytes=[ \t]*(?:\d+-\d*|-\d+)$/i.test(value.trim()));
}

/** Whether a server says that it gives no ranges (RFC 9110 14.3). */
export function refusesRanges(headers: HeaderList): boolean {
  return valuesOf(headers, 'accept-ranges').some((value) => value.trim().toLowerCase() === 'none');
}
