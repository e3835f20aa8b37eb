import { setTimeout as pause } from 'node:timers/promises';

/** Resolves when something is the case; a test that waits in vain times out. */
export async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isReached())) await pause(1);
}
