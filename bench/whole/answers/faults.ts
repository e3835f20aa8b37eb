import { createHash } from 'node:crypto';
import { createRandom } from '../../../shared/random.ts';
import type { BreakWay } from '../parts/break-off.ts';

/** A place within a body at which an endpoint breaks off, and how it does. */
export interface Break {
  /** The place, from 0 for the first byte up to 1. */
  readonly placeRatio: number;
  readonly how: BreakWay;
}

/** What decides over a break: nothing else does, so that the order in which requests are served changes no outcome. */
export interface Draw {
  readonly seed: number;
  /** What is asked for. */
  readonly path: string;
  readonly endpoint: number;
  /** How often the endpoint was asked for it before. */
  readonly before: number;
}

/** Draws whether an answer breaks off: so many of them do, in the middle. */
export function breakOf({ seed, path, endpoint, before }: Draw, breakRatio: number): Break | undefined {
  const words = [seed, path, endpoint, before].join(' ');
  const random = createRandom(createHash('sha256').update(words).digest().readUInt32BE());
  if (random() >= breakRatio) return undefined;
  return { placeRatio: random(), how: random() < 0.5 ? 'end' : 'reset' };
}
