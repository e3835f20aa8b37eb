import { createRandom } from '../../../shared/random.ts';
import { breakOff } from '../parts/break-off.ts';
import { askedRange, type ByteRange } from '../parts/byte-range.ts';
import { type EndpointListener, type GivenResponse, listenBothWays, writePiece } from '../parts/listen-both-ways.ts';
import { contentOf } from './content.ts';

// Mirrors of one large file, in a process of their own. An answer to `/broken` breaks off after a random number of bytes.

/** The first message. Its answer are the URLs. */
export interface MirrorsStart {
  readonly count: number;
  readonly seed: number;
  /** The size of the file. */
  readonly bytes: number;
  /** The least and the most bytes of an answer that breaks off. */
  readonly leastBytes: number;
  readonly mostBytes: number;
  readonly cert: string;
  readonly key: string;
}

const etag = '"first-edition"';

function mirror(random: () => number, { bytes, leastBytes, mostBytes }: MirrorsStart): EndpointListener {
  return (req, res) => {
    req.resume();
    const range = askedRange(req.headers, { bytes, etag });
    const { start, end } = range ?? { start: 0, end: bytes };
    res.statusCode = range ? 206 : 200;
    res.setHeader('ETag', etag);
    res.setHeader('Content-Length', end - start);
    if (range) res.setHeader('Content-Range', `bytes ${start}-${end - 1}/${bytes}`);
    const breaksAt = req.url === '/broken' ? start + leastBytes + random() * (mostBytes - leastBytes) : end;
    void give(res, { start, end: Math.min(end, Math.floor(breaksAt)) }, breaksAt < end);
  };
}

async function give(res: GivenResponse, range: ByteRange, breaksOff: boolean): Promise<void> {
  for (const piece of contentOf(range)) if (!(await writePiece(res, piece))) return;
  if (breaksOff) breakOff(res, 'end');
  else res.end();
}

process.on('message', async (start: MirrorsStart) => {
  const listeners = Array.from({ length: start.count }, (_, index) => mirror(createRandom(start.seed + index), start));
  process.send?.(await listenBothWays(listeners, start));
});
process.on('disconnect', () => process.exit());
