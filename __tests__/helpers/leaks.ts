import { setImmediate } from 'node:timers/promises';
import { Resources } from './proxy.ts';

/** What keeps a process alive at this moment, by kind: sockets, timers and the like. */
export function activeResources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Waits, turn by turn and at most 2 s, until there is no more than before; returns what there is too much of. */
export async function surplusOver(before: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  let surplus: Record<string, number> = {};
  for (const giveUpAt = performance.now() + 2_000; performance.now() < giveUpAt; ) {
    surplus = {};
    const now = activeResources();
    for (const kind of ['TCPSocketWrap', 'TLSWrap', 'TCPServerWrap', 'Timeout']) {
      const more = (now[kind] ?? 0) - (before[kind] ?? 0);
      if (more > 0) surplus[kind] = more;
    }
    if (Object.keys(surplus).length === 0) break;
    await setImmediate();
  }
  return surplus;
}

/** For what the tests of a file open: it is closed after each of them, and then nothing may be left of it. */
export function leakCheckedResources(): Resources {
  const resources = new Resources();
  let before: Readonly<Record<string, number>> = {};
  beforeEach(() => {
    before = activeResources();
  });
  afterEach(async () => {
    await resources.closeAll();
    expect(await surplusOver(before)).toEqual({});
  });
  return resources;
}
