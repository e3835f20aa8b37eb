import { Resources } from './proxy.ts';
import { until } from './until.ts';

/** What keeps a process alive at this moment, by kind: sockets, timers and the like. */
export function activeResources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Waits until there is no more than before. @returns what there is too much of at the deadline. */
export async function surplusOver(before: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  let surplus: Record<string, number> = {};
  const isNothingLeft = (): boolean => {
    surplus = {};
    const now = activeResources();
    for (const kind of ['TCPSocketWrap', 'TLSWrap', 'TCPServerWrap', 'Timeout']) {
      const more = (now[kind] ?? 0) - (before[kind] ?? 0);
      if (more > 0) surplus[kind] = more;
    }
    return Object.keys(surplus).length === 0;
  };
  // The caller says it better.
  await until(isNothingLeft).catch(() => {});
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
