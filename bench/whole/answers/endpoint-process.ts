import { setTimeout as wait } from 'node:timers/promises';
import { breakOff } from '../parts/break-off.ts';
import { askedRange } from '../parts/byte-range.ts';
import {
  type AskedRequest,
  type EndpointListener,
  type GivenResponse,
  listenBothWays,
  writePiece,
} from '../parts/listen-both-ways.ts';
import { type Break, breakOf } from './faults.ts';
import { type BodyForm, bodyOf, type FormName, forms } from './forms.ts';

// Endpoints that break off some of their answers, in a process of their own.

/** The first message. Its answer are the URLs. */
export interface EndpointsStart {
  readonly count: number;
  readonly seed: number;
  /** The share of answers that each endpoint breaks off. */
  readonly breakRatio: number;
  readonly cert: string;
  readonly key: string;
}

/** How often each endpoint was asked for each path. */
const asked = new Map<string, number>();

function answering(endpoint: number, { seed, breakRatio }: EndpointsStart): EndpointListener {
  return (req, res) => {
    req.resume();
    const { url: path = '' } = req;
    const key = `${endpoint} ${path}`;
    const before = asked.get(key) ?? 0;
    asked.set(key, before + 1);
    const [, name, number] = path.split('/');
    // All setups of a row are broken off alike: the part of the path that names the setup is no part of the draw.
    const fault = breakOf({ seed, path: `/${name}/${number}`, endpoint, before }, breakRatio);
    void answer(req, res, { form: forms[name as FormName], number: Number(number), fault });
  };
}

interface Answer {
  readonly form: BodyForm;
  readonly number: number;
  readonly fault: Break | undefined;
}

async function answer(req: AskedRequest, res: GivenResponse, { form, number, fault }: Answer): Promise<void> {
  const whole = bodyOf(form, number);
  const etag = `"${form.bytes}-${number}"`;
  const range = form.hasParts ? askedRange(req.headers, { bytes: whole.length, etag }) : undefined;
  const body = range ? whole.subarray(range.start, range.end) : whole;
  if (form.isGzipped) res.setHeader('Content-Encoding', 'gzip');
  if (form.hasLength) res.setHeader('Content-Length', body.length);
  if (form.hasParts) res.setHeader('ETag', etag);
  if (range) res.setHeader('Content-Range', `bytes ${range.start}-${range.end - 1}/${whole.length}`);
  res.statusCode = range ? 206 : 200;
  // At least a byte comes, and at least one is missing.
  const end = fault ? 1 + Math.floor(fault.placeRatio * (body.length - 1)) : body.length;
  if (!(await write(res, body.subarray(0, end), form))) return;
  if (fault && end < body.length) breakOff(res, fault.how);
  else res.end();
}

/** Writes piece after piece. Resolves when all has left: with false when the client is gone. */
async function write(res: GivenResponse, bytes: Buffer, { pieceBytes, pauseMs }: BodyForm): Promise<boolean> {
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    if (start > 0 && pauseMs > 0) await wait(pauseMs);
    if (!(await writePiece(res, bytes.subarray(start, start + pieceBytes)))) return false;
  }
  return true;
}

process.on('message', async (start: EndpointsStart) => {
  const listeners = Array.from({ length: start.count }, (_, endpoint) => answering(endpoint, start));
  process.send?.(await listenBothWays(listeners, start));
});
process.on('disconnect', () => process.exit());
