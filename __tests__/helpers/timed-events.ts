import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A stream of events as a client got it. Times are those of `performance.now()`. */
export interface TimedStream {
  readonly headAt: number;
  readonly events: readonly { readonly at: number; readonly text: string }[];
}

/** When a server wrote each part of its answers, by the target that it was asked for. */
export type WriteTimes = ReadonlyMap<string, readonly number[]>;

/** Notes when a server writes something of a body; an answer's last part is written by its end. */
export function noteWrites(server: Server): WriteTimes {
  const byTarget = new Map<string, number[]>();
  server.prependListener('request', ({ url = '' }: IncomingMessage, res: ServerResponse) => {
    const times: number[] = [];
    byTarget.set(url, times);
    const { write, end } = res;
    const note = <Args extends unknown[], Result>(send: (...args: Args) => Result) =>
      function noting(this: ServerResponse, ...args: Args): Result {
        times.push(performance.now());
        return send.apply(this, args);
      };
    Object.assign(res, { write: note(write), end: note(end) });
  });
  return byTarget;
}

/** Asks for something over a connection of its own. @returns its response as soon as the head has come. */
export function headOf(url: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  http.get(url, { agent: false }, resolve).on('error', reject);
  return promise;
}

/** Reads a stream of events to its end over a connection of its own, with the time of each. */
export async function readTimed(url: string): Promise<TimedStream> {
  const response = await headOf(url);
  const headAt = performance.now();
  const events: Array<{ at: number; text: string }> = [];
  let rest = '';
  for await (const chunk of response) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    for (const text of parts) events.push({ at: performance.now(), text });
  }
  return { headAt, events };
}

/** Notes when this process stands still, as it does on a busy machine: what comes or goes meanwhile is late by that. */
export class Standstills {
  readonly #found: Array<{ readonly from: number; readonly to: number }> = [];
  readonly #timer: NodeJS.Timeout;
  #lastTick = performance.now();
  #onTick: Array<() => void> = [];

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      if (now - this.#lastTick > 5) this.#found.push({ from: this.#lastTick, to: now });
      this.#lastTick = now;
      for (const tell of this.#onTick.splice(0)) tell();
    }, 1);
  }

  /** Resolves when all is noted that was until now. */
  noted(): Promise<void> {
    return new Promise((resolve) => this.#onTick.push(resolve));
  }

  /** The milliseconds between two times in which the process stood still. */
  between(start: number, end: number): number {
    const overlaps = this.#found.map(({ from, to }) => Math.min(to, end) - Math.max(from, start));
    return overlaps.filter((ms) => ms > 0).reduce((sum, ms) => sum + ms, 0);
  }

  /** Ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
  }
}
