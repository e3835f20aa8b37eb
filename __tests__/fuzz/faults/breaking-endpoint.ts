import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { startRaw, valuesIn } from '../../helpers/raw.ts';
import type { TestServer } from '../../helpers/servers.ts';

/** How every endpoint frames the body, and how it tells that it is the same. */
export interface Shape {
  readonly framing: 'length' | 'chunked' | 'closed';
  /** The lengths of chunks, again and again. */
  readonly chunks: readonly number[];
  readonly hasEtag: boolean;
  /** Whether a part can be had. */
  readonly hasRanges: boolean;
}

/** How one answer breaks off. */
export interface BreakOff {
  /** Where, as a share of all bytes that are written behind the head. */
  readonly atRatio: number;
  /** FIN is a clean end where the connection ends the body: there it is a reset. */
  readonly how: 'FIN' | 'RST' | 'garbage';
}

/** What one endpoint does. */
export interface Script {
  /** How its first answers break off; later ones are whole. */
  readonly breaks: readonly BreakOff[];
  /** The bytes of one write. */
  readonly dripBytes: number;
  /** Milliseconds between two of the first writes. */
  readonly gapMs: number;
}

/** What all endpoints of one run answer. */
export interface Play {
  readonly body: Buffer;
  readonly shape: Shape;
  /** By endpoint. */
  readonly scripts: readonly Script[];
}

/** Most writes of one body, and of those that time goes by between. */
const maxDrips = 60;
const maxGaps = 20;

/** Starts an endpoint that does its part in the play of each run. @param playOf finds it by the path. */
export function startBreaking(index: number, playOf: (path: string) => Play): Promise<TestServer> {
  const asked = new Map<string, number>();
  return startRaw((socket, { requestLine, headers }) => {
    const [, path = ''] = requestLine.split(' ');
    const play = playOf(path);
    const script = play.scripts[index];
    const count = asked.get(path) ?? 0;
    asked.set(path, count + 1);
    if (script)
      void answer(socket, play, { ...script, range: valuesIn(headers, 'range')[0], breakOff: script.breaks[count] });
    else socket.destroy();
  });
}

/** One answer of a script. */
interface Part extends Omit<Script, 'breaks'> {
  readonly range: string | undefined;
  readonly breakOff: BreakOff | undefined;
}

async function answer(socket: Socket, { body, shape }: Play, { range, breakOff, ...dripping }: Part): Promise<void> {
  const first = shape.hasRanges ? /bytes=(\d+)-/.exec(range ?? '')?.[1] : undefined;
  const part = body.subarray(Number(first ?? 0));
  const { framing } = first === undefined ? shape : { framing: 'length' as const };
  const contentRange = first === undefined ? [] : [`Content-Range: bytes ${first}-${body.length - 1}/${body.length}`];
  const status = first === undefined ? '200 OK' : '206 Partial Content';
  const etag = shape.hasEtag ? ['ETag: "same"'] : [];
  const how = {
    length: `Content-Length: ${part.length}`,
    chunked: 'Transfer-Encoding: chunked',
    closed: 'Connection: close',
  };
  socket.write([`HTTP/1.1 ${status}`, ...etag, ...contentRange, how[framing], '', ''].join('\r\n'));
  const pieces = framing === 'chunked' ? inChunks(part, shape.chunks) : [part];
  const bytes = Buffer.concat(pieces);
  // Of every answer that breaks at least the last byte is missing.
  const end = breakOff ? Math.floor(breakOff.atRatio * bytes.length) : bytes.length;
  const isGarbage = breakOff?.how === 'garbage' && framing === 'chunked';
  await drip(socket, bytes.subarray(0, isGarbage ? lastBorder(pieces, end) : end), dripping);
  if (!breakOff) return void (framing === 'closed' && socket.end());
  // Node 22 takes a reset for FIN that comes in one moment with bytes before it.
  if (framing === 'closed') await setTimeout(20);
  if (isGarbage) socket.write('\0garbage\r\n');
  else if (breakOff.how === 'FIN' && framing !== 'closed') socket.end();
  else socket.resetAndDestroy();
}

async function drip(socket: Socket, bytes: Buffer, { dripBytes, gapMs }: Omit<Script, 'breaks'>): Promise<void> {
  const step = Math.ceil(Math.max(dripBytes, bytes.length / maxDrips));
  for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
    socket.write(bytes.subarray(at, at + step));
    if (gapMs > 0 && at < maxGaps * step) await setTimeout(gapMs);
    else await setImmediate();
  }
}

/** Where the last chunk ends that ends before a place: within a chunk garbage would be as good as data. */
function lastBorder(chunks: readonly Buffer[], place: number): number {
  let border = 0;
  for (const { length } of chunks) {
    if (border + length > place) return border;
    border += length;
  }
  return border;
}

function inChunks(body: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, index = 0; at < body.length; index++) {
    const chunk = body.subarray(at, at + (lengths[index % lengths.length] ?? 1));
    chunks.push(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]));
    at += chunk.length;
  }
  return [...chunks, Buffer.from('0\r\n\r\n')];
}
