import type { RequestListener } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** Does something so many milliseconds later, as a slow endpoint or client does. No test waits so for what should have happened by then. */
export function later(ms: number, act: () => unknown): void {
  setTimeout(act, ms);
}

/** A listener that answers so many milliseconds later. */
export const late =
  (ms: number, listener: RequestListener): RequestListener =>
  (req, res) =>
    later(ms, () => listener(req, res));

/** Reads a stream, but so many milliseconds go by after each chunk. */
export async function* slowly<Chunk>(stream: AsyncIterable<Chunk>, ms: number): AsyncGenerator<Chunk> {
  for await (const chunk of stream) {
    yield chunk;
    await pause(ms);
  }
}
