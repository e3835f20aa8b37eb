import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { bodyOf, digestOf } from '../../helpers/random-bodies.ts';
import { eventOf } from '../traffic/bodies.ts';

const kept = new Map<number, Buffer>();

function fileOf(bytes: number): Buffer {
  const known = kept.get(bytes) ?? bodyOf(bytes);
  kept.set(bytes, known);
  return known;
}

/**
 * What every server of the world answers: `/bytes/N`, `/events/N`, `/trailers/N` and `/none`; `/echo` gives back what was
 * sent.
 */
export async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, kind = '', count = '0'] = (req.url ?? '').split('/');
  const number = Number(count);
  const body: Buffer[] = [];
  for await (const chunk of req) body.push(chunk as Buffer);
  if (kind === 'bytes') respondWhole(res, fileOf(number));
  else if (kind === 'echo') respondWhole(res, Buffer.concat(body));
  else if (kind === 'none') res.writeHead(204).end();
  else if (kind === 'events') await respondWithEvents(res, number);
  else if (kind === 'trailers') respondWithTrailers(res, fileOf(number));
  else res.writeHead(404).end();
}

function respondWhole(res: ServerResponse, body: Buffer): void {
  res.writeHead(200, { 'Content-Length': body.length }).end(body);
}

function respondWithTrailers(res: ServerResponse, body: Buffer): void {
  res.writeHead(200, { Trailer: 'X-Sum' });
  res.write(body);
  res.addTrailers({ 'X-Sum': digestOf(body) });
  res.end();
}

/** nginx passes on at once what says so. */
async function respondWithEvents(res: ServerResponse, count: number): Promise<void> {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
  for (let index = 0; index < count && !res.destroyed; index++) {
    res.write(eventOf(index));
    await pause(3);
  }
  res.end();
}
