import { setImmediate } from 'node:timers/promises';

/** Lets so many turns of the event loop pass: for what is there already, and only has to be read. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}
