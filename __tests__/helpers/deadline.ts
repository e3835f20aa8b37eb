import { inspect } from 'node:util';

/** For how long a test waits for what has to come, in ms: less long than jest, which would not say what is missing. */
export const patienceMs = 45_000;

/** What was waited for in vain, and what was there instead. @param seen anything: it is shortened to what fits on a screen. */
export function missed(what: string, seen: unknown): Error {
  const shown = typeof seen === 'string' ? seen : inspect(seen, { depth: 2, breakLength: 120, maxArrayLength: 20 });
  const end = shown.length > 2_000 ? `… ${shown.slice(-2_000)}` : shown;
  return new Error(`waited ${patienceMs / 1_000} s for ${what}, and last saw: ${end}`);
}

/** Gives what a promise gives. @throws at the deadline with what was waited for and what was last seen. */
export async function inTime<T>(promise: Promise<T>, what: string, seen: () => unknown): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(missed(what, seen())), patienceMs);
  return Promise.race([promise, deadline.promise]).finally(() => clearTimeout(timer));
}
