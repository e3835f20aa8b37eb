import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createRandom } from '../../shared/random.ts';
import { breakOff } from '../break-off.ts';
import { type ByteRange, byteRangeOf } from './byte-range.ts';
import type { MirrorFile } from './mirror-file.ts';

/** How a mirror breaks off. */
export interface MirrorOptions {
  readonly file: MirrorFile;
  /** An answer with more bytes than these of the file breaks off: at a random place between the two. */
  readonly breaksWithin: { readonly least: number; readonly most: number };
  /** Whether the list of hashes, which is small and chunked, always breaks off. */
  readonly breaksList: boolean;
  /** The same seed gives the same places again, in the order of the requests. */
  readonly seed: number;
}

/** The name of the list of hashes, as `sha256sum -c` reads it. */
export const listName = 'SHA256SUMS';

/** Makes a mirror, not yet listening, of one file with a strong ETag and ranges, and of a list with its hash. */
export function createMirror({ file, breaksWithin: { least, most }, breaksList, seed }: MirrorOptions): Server {
  const random = createRandom(seed);
  return createServer((req, res) => {
    req.resume();
    const breaksAfter = Math.round(least + random() * (most - least));
    if (req.url === `/${listName}`) sendList(res, file, breaksList);
    else if (req.url === `/${file.name}`) sendFile(res, file, breaksAfter);
    else res.writeHead(404).end(`There are /${file.name} and /${listName}.\n`);
  });
}

function sendList(res: ServerResponse, { name, sha256 }: MirrorFile, isBroken: boolean): void {
  res.writeHead(200, { 'Content-Type': 'text/plain' });
  if (isBroken) breakOff(res, sha256.slice(0, 32));
  else res.end(`${sha256}  ${name}\n`);
}

function sendFile(res: ServerResponse, file: MirrorFile, breaksAfter: number): void {
  const { bytes, etag } = file;
  const range = byteRangeOf(wantedRange(res.req, etag), bytes.length);
  const headers = { 'Content-Type': 'application/octet-stream', 'Accept-Ranges': 'bytes', ETag: etag };
  if (range === 'unsatisfiable') {
    res.writeHead(416, { ...headers, 'Content-Range': `bytes */${bytes.length}` }).end();
    return;
  }
  const { start, end }: ByteRange = range ?? { start: 0, end: bytes.length };
  res.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': end - start,
    ...(range && { 'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}` }),
  });
  if (res.req.method === 'HEAD') res.end();
  else sendBytes(res, bytes.subarray(start, end), breaksAfter);
}

/** The range that is asked for, unless it is one of another version of the file. */
function wantedRange({ headers }: IncomingMessage, etag: string): string | undefined {
  const { range, 'if-range': condition = etag } = headers;
  return condition === etag ? range : undefined;
}

function sendBytes(res: ServerResponse, bytes: Buffer, breaksAfter: number): void {
  const given = bytes.subarray(0, breaksAfter);
  const stream = Readable.from(slicesOf(given)).once('end', () => {
    if (given.length < bytes.length) breakOff(res, '');
    else res.end();
  });
  res.once('close', () => stream.destroy());
  stream.pipe(res, { end: false });
}

/** Bytes in portions that a connection takes. */
function* slicesOf(bytes: Buffer): Generator<Buffer> {
  const size = 65_536;
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
