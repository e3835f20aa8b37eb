import { announcedBytes, type Break, hasLength, isChunked, isPartial, sentBytes } from './cell.ts';
import { isHeld } from './rules.ts';
import type { Ask, Scene } from './scene.ts';

/** What an endpoint answers, whatever the protocol. */
export interface Answer {
  readonly status: 200 | 206;
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>;
  /** The length that the head says, if it does. */
  readonly length: number | undefined;
  /** All of the body. */
  readonly body: Buffer;
  /** The bytes of the body before the fault. */
  readonly sent: number;
  readonly fault: Break['fault'];
  readonly place: Break['place'];
}

/** The answer to a request: what the cell says, the first time; a good one, or one that breaks at once, later. */
export function answerFor(scene: Scene, ask: Ask): Answer {
  const { cell } = scene;
  const isGood = ask.role === 'other' ? cell.other === 'good' : cell.fault === 'none';
  const isLater = scene.hasPlayed && (ask.role === 'first' || !isHeld(cell));
  return isLater && !isGood ? brokenAtOnce(scene, ask) : broken(scene, ask, isGood);
}

function broken(scene: Scene, ask: Ask, isGood: boolean): Answer {
  const { cell } = scene;
  const { body, ...head } = partFor(scene, ask);
  if (isGood)
    return { ...head, body, length: lengthOf(scene, head, body), sent: body.length, fault: 'none', place: 'nowhere' };
  return { ...head, body, length: announcedBytes(cell), sent: sentBytes(cell), fault: cell.fault, place: cell.place };
}

/** An endpoint that is asked for what it or another one did not bring brings nothing of it. */
function brokenAtOnce(scene: Scene, ask: Ask): Answer {
  const { fault } = scene.cell;
  const { body, ...head } = partFor(scene, ask);
  const again = fault.startsWith('announces') || fault.startsWith('garbage') ? 'FIN' : fault;
  const length = lengthOf(scene, head, body);
  return { ...head, body, length, sent: 0, fault: again, place: 'before the first byte' };
}

/** Parts of a body come with their length, whatever the form of the whole one. */
function lengthOf({ cell }: Scene, { status }: Pick<Answer, 'status'>, body: Buffer): number | undefined {
  return hasLength(cell) || status === 206 ? body.length : undefined;
}

/** What of the resource is asked for. */
function partFor(scene: Scene, { range, ifRange }: Ask): Pick<Answer, 'status' | 'fields' | 'body'> {
  const { cell, resource } = scene;
  const etag = etagOf(scene);
  const fields = fieldsOf(scene, etag);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const isTaken = cell.validator !== 'strong ETag, no ranges' && (ifRange === undefined || ifRange === etag);
  if (first === undefined || !isTaken) return { status: 200, fields, body: resource };
  const end = Math.min(last ? Number(last) : Infinity, resource.length - 1);
  const contentRange = ['Content-Range', `bytes ${first}-${end}/${resource.length}`] as const;
  return { status: 206, fields: [...fields, contentRange], body: resource.subarray(Number(first), end + 1) };
}

function etagOf({ cell: { validator }, path }: Scene): string | undefined {
  if (validator === 'no ETag') return undefined;
  return validator === 'weak ETag' ? `W/"${path}"` : `"${path}"`;
}

function fieldsOf({ cell }: Scene, etag: string | undefined): Array<readonly [string, string]> {
  const fields: Array<readonly [string, string]> = [['Content-Type', 'application/octet-stream']];
  if (etag !== undefined) fields.push(['ETag', etag]);
  if (cell.form === 'gzip chunked') fields.push(['Content-Encoding', 'gzip']);
  if (isPartial(cell) || (!isChunked(cell) && cell.validator === 'strong ETag'))
    fields.push(['Accept-Ranges', 'bytes']);
  return fields;
}
