import type { Server } from 'node:http';
import { seedLimit } from '../shared/random.ts';
import { type FlagTable, portFlag } from './flags.ts';
import { describeFlakiness, type FlakyFlags, flakinessOf, flakyFlags } from './flakiness.ts';
import { createFlakyServer } from './flaky-server.ts';
import { close, listen } from './listen.ts';

/** Some flaky servers that should all give the same answer. */
export interface Fleet {
  /** One for each server. */
  readonly urls: readonly string[];
  readonly servers: readonly Server[];
  close(): Promise<void>;
}

/** The flags that {@link startFleet} takes. */
export const fleetFlags = {
  'flaky-port': portFlag('port of the first flaky server, the others follow', 8000),
  endpoints: { help: 'number of flaky servers', fallback: 4, min: 1, max: 16 },
  ...flakyFlags,
} satisfies FlagTable;

/**
 * Starts flaky servers in this process, each with a seed of its own that follows from the one given.
 * @throws UserError when one of the ports cannot be had; none of the servers is left then.
 */
export async function startFleet(flags: Readonly<Record<keyof typeof fleetFlags, number>>): Promise<Fleet> {
  const { 'flaky-port': firstPort, endpoints: count } = flags;
  const servers: Server[] = [];
  const urls: string[] = [];
  const closeAll = async (): Promise<void> => void (await Promise.all(servers.map(close)));
  try {
    for (let index = 0; index < count; index++) {
      const server = createFlakyServer({ ...flakinessOf(flags), seed: (flags.seed + index) % seedLimit });
      const port = await listen(server, { port: firstPort && firstPort + index, flag: 'flaky-port' });
      servers.push(server);
      urls.push(`http://127.0.0.1:${port}`);
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  return { urls, servers, close: closeAll };
}

/** The lines that tell a person what the flaky servers are. */
export function describeFleet({ urls }: Fleet, flags: FlakyFlags): string[] {
  return [
    `${urls.length} flaky servers, each with ${describeFlakiness(flakinessOf(flags))}:`,
    ...urls.map((url) => `  ${url}`),
    `Seed ${flags.seed}; --seed ${flags.seed} repeats their delays and statuses. Ctrl-C stops.`,
  ];
}
