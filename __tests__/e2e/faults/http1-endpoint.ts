import type { Socket } from 'node:net';
import { digestOf } from '../../helpers/random-bodies.ts';
import { startRaw, valuesIn } from '../../helpers/raw.ts';
import type { TestServer } from '../../helpers/servers.ts';
import { type Answer, answerFor } from './answer.ts';
import { chunkEnds, isChunked, isClosed } from './cell.ts';
import type { Play, Role, Scene } from './scene.ts';

/** Starts an endpoint that writes HTTP/1.1 and HTTP/1.0 by hand. */
export function startHttp1Endpoint(role: Role, play: Play): Promise<TestServer> {
  return startRaw((socket, { requestLine, headers }) => {
    const [, path = ''] = requestLine.split(' ');
    const ask = {
      role,
      range: valuesIn(headers, 'range')[0]?.trim(),
      ifRange: valuesIn(headers, 'if-range')[0]?.trim(),
    };
    void play(path, ask, (scene) => answer(socket, scene, answerFor(scene, ask)));
  });
}

/** Writes what comes before the fault. @returns what does the fault. */
function answer(socket: Socket, scene: Scene, given: Answer): () => void {
  const { before, after } = isChunkedHere(scene, given) ? chunksOf(scene, given) : bytesOf(given);
  socket.write(headOf(scene, given), 'latin1');
  socket.write(before);
  return () => {
    socket.write(after);
    if (given.fault === 'RST') socket.resetAndDestroy();
    else if (isEndedHere(scene, given)) socket.end();
  };
}

/** Whether FIN follows: as the fault, because more was announced than there is, or as the end of the body. */
function isEndedHere({ cell }: Scene, { fault, length }: Answer): boolean {
  if (fault === 'announces more') return length !== undefined;
  return fault === 'FIN' || (fault === 'none' && isClosed(cell) && length === undefined);
}

const isChunkedHere = ({ cell }: Scene, { length }: Answer): boolean => isChunked(cell) && length === undefined;

function headOf(scene: Scene, given: Answer): string {
  const { form } = scene.cell;
  const version = form === 'closed at the end, HTTP/1.0' ? 'HTTP/1.0' : 'HTTP/1.1';
  const lines = given.fields.map(([name, value]) => `${name}: ${value}`);
  if (given.length !== undefined) lines.push(`Content-Length: ${given.length}`);
  else if (isChunkedHere(scene, given)) lines.push('Transfer-Encoding: chunked');
  else lines.push('Connection: close');
  if (form === 'chunked with trailers' && given.length === undefined) lines.push('Trailer: X-Sum');
  return [`${version} ${given.status} OK`, ...lines, '', ''].join('\r\n');
}

/** What is written of a body before its fault, and as the fault. */
interface Written {
  readonly before: Buffer;
  readonly after: Buffer;
}

const nothing = Buffer.alloc(0);

function bytesOf({ body, sent, fault }: Answer): Written {
  const isWrongLength = fault.startsWith('announces');
  return { before: body.subarray(0, sent), after: isWrongLength ? body.subarray(sent) : nothing };
}

/** A body in chunks, and how many of their bytes come before the fault. */
function chunksOf(scene: Scene, { body, sent, fault, place }: Answer): Written {
  const isWrongLength = fault.startsWith('announces');
  const parts: Buffer[] = [];
  let start = 0;
  let before = 0;
  for (const [index, end] of chunkEnds(body.length).entries()) {
    const surplus = isWrongLength && index === 1 ? sent - end : 0;
    parts.push(Buffer.from(`${(end - start + surplus).toString(16)}\r\n`));
    const isReached = start < sent && !(isWrongLength && index > 1);
    if (isReached) before = lengthOf(parts) + Math.min(end, sent) - start;
    parts.push(body.subarray(start, end), Buffer.from('\r\n'));
    // What a chunk takes for its own that says too much ends here, too.
    if (isReached && sent >= end) before = lengthOf(parts);
    start = end;
  }
  const mark = `0\r\n${trailersOf(scene)}\r\n`;
  const whole = Buffer.concat([...parts, Buffer.from(mark)]);
  if (fault === 'none') return { before: whole, after: nothing };
  if (isWrongLength) return { before: whole.subarray(0, before), after: whole.subarray(before) };
  const isGarbage = fault === 'garbage for a chunk header';
  // Of the mark, too, a part comes.
  if (place === 'in the mark of the end' && !isGarbage) before += 3;
  return { before: whole.subarray(0, before), after: isGarbage ? Buffer.from('zz\r\nno chunk\r\n') : nothing };
}

const lengthOf = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0);

function trailersOf({ cell, body }: Scene): string {
  return cell.form === 'chunked with trailers' ? `X-Sum: ${digestOf(body)}\r\n` : '';
}
