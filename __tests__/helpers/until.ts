import { setTimeout as pause } from 'node:timers/promises';
import { missed, patienceMs } from './deadline.ts';

/** Resolves when something is the case. @throws at the deadline with what it was. */
export function until(isReached: () => boolean | Promise<boolean>): Promise<void>;
/**
 * Looks at something again and again until it is as wanted: this very value, or one that a function takes.
 * @throws at the deadline with what it looked at and what it last saw.
 */
export function until<T>(read: () => T | Promise<T>, wanted: NoInfer<T> | ((seen: T) => boolean)): Promise<void>;
export async function until(read: () => unknown, wanted: unknown = true): Promise<void> {
  const isWanted = (seen: unknown): boolean => (typeof wanted === 'function' ? wanted(seen) : Object.is(seen, wanted));
  const startedAt = performance.now();
  for (let seen = await read(); !isWanted(seen); seen = await read()) {
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > patienceMs) throw missed(`${onOneLine(read)} to be ${onOneLine(wanted)}`, seen);
    // Quick at first, and no busy loop for what takes its time.
    await pause(Math.min(1 + waitedMs / 20, 20));
  }
}

const onOneLine = (code: unknown): string => String(code).replace(/\s+/g, ' ');

/** A function that says in an error what it takes. */
const named = <T>(name: string, takes: (seen: T) => boolean) => Object.assign(takes, { toString: () => name });

/** Takes this number and those above. */
export const atLeast = (minimum: number) => named(`at least ${minimum}`, (seen: number) => seen >= minimum);

/** Takes what this is a part of: of a text, or of a list. */
export const including = <Part>(part: Part) =>
  named(`with ${part} in it`, (seen: { includes(part: Part): boolean }) => seen.includes(part));

/** Takes everything but undefined. */
export const isThere = named('there', (seen: unknown) => seen !== undefined);
