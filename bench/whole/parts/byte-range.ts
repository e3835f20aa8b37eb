/** The bytes of a body from `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of a body that a request asks for by `Range: bytes=1-2` or `bytes=1-` (RFC 9110 14.1.2).
 * @returns undefined for all of the body: no range, another kind of range, or one that `If-Range` takes back.
 */
export function askedRange(
  headers: Readonly<{ range?: string | undefined; 'if-range'?: string | string[] | undefined }>,
  { bytes, etag }: { readonly bytes: number; readonly etag: string },
): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined || (headers['if-range'] ?? etag) !== etag || Number(from) >= bytes) return undefined;
  const last = to === undefined || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  return { start: Number(from), end: last + 1 };
}
