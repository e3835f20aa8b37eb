import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createRandom } from '../../shared/random.ts';
import { contentOf } from '../e2e/mirror.ts';
import { seed } from '../fuzz/seed.ts';
import { startHttp } from '../helpers/servers.ts';

// A process of its own for mirrors of one large file. Its arguments are their number, the bytes of the file, and the fewest and the most
// bytes after which each response breaks off. Its first message are the URLs and the file's SHA-256. `/whole` does not break off.

const [count = 0, fileBytes = 0, fewest = 0, most = 0] = process.argv.slice(2).map(Number);
const random = createRandom(seed);
const blockBytes = 65_536;
const noise = contentOf(blockBytes);

/** A part of the file, which differs from all others, up to the end of its block. */
function partAt(at: number): Buffer {
  const block = Buffer.from(noise);
  block.writeUInt32BE(Math.floor(at / blockBytes));
  return block.subarray(at % blockBytes, Math.min(blockBytes, fileBytes - at + (at % blockBytes)));
}

function sha256(): string {
  const hash = createHash('sha256');
  for (let at = 0; at < fileBytes; at += blockBytes) hash.update(partAt(at));
  return hash.digest('hex');
}

function* parts(first: number, stopsAt: number): Iterable<Buffer> {
  for (let at = first, part: Buffer; at < Math.min(stopsAt, fileBytes); at += part.length) {
    part = partAt(at);
    yield part;
  }
}

async function answer({ url, headers }: IncomingMessage, res: ServerResponse): Promise<void> {
  const first = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
  const range = first > 0 && { 'Content-Range': `bytes ${first}-${fileBytes - 1}/${fileBytes}` };
  res.writeHead(range ? 206 : 200, { ETag: '"file"', 'Content-Length': fileBytes - first, ...range });
  const stopsAt = url === '/whole' ? Infinity : first + fewest + random() * (most - fewest);
  await pipeline(Readable.from(parts(first, stopsAt)), res, { end: false });
  if (stopsAt < fileBytes) res.destroy();
  else res.end();
}

const mirrors = await Promise.all(
  Array.from({ length: count }, () => startHttp((req, res) => void answer(req, res).catch(() => {}))),
);
process.send?.({ urls: mirrors.map(({ url }) => url), sha256: sha256() });
process.on('disconnect', () => process.exit());
