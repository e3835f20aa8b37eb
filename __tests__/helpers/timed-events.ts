import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';

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

/** Does something, and tells for how long this process stood still meanwhile, at the most, in ms. */
export async function withStandstill<T>(
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly standstillMs: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const result = await act();
  delays.disable();
  return { result, standstillMs: delays.max / 1e6 };
}
