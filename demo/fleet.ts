import type { Server } from 'node:http';
import { seedLimit } from '../shared/random.ts';
import { type FlagTable, portFlag } from './flags.ts';
import { describeFlakiness, type Flakiness, type FlakyFlags, flakinessOf, flakyFlags } from './flakiness.ts';
import { createFlakyServer } from './flaky-server.ts';
import { close, listen } from './listen.ts';

/** For the option `endpoints`. */
type Backup = Readonly<Record<'url' | 'name', string>> & { readonly tier: number };

/** Some flaky servers that should all give the same answer. */
export interface Fleet {
  /** One for each server. */
  readonly urls: readonly string[];
  readonly servers: readonly Server[];
  /** A server that is never flaky, as an endpoint in a tier of its own, if there is one. */
  readonly backup: Backup | undefined;
  close(): Promise<void>;
}

/** The flags that {@link startFleet} takes. */
export const fleetFlags = {
  'flaky-port': portFlag('port of the first flaky server, the others follow', 8000),
  endpoints: { help: 'number of flaky servers', fallback: 4, min: 1, max: 16 },
  ...flakyFlags,
} satisfies FlagTable;

/** How steady the backup is. */
const steady: Flakiness & { readonly name: string } = { name: 'backup', maxDelayMs: 50, errorRatio: 0, breakRatio: 0 };

type FleetFlags = Readonly<Record<keyof typeof fleetFlags, number>>;

/**
 * Starts flaky servers in this process, each with a seed of its own that follows from the one given.
 * @param hasBackup whether there is one more, on the next port, that gives only good answers, soon.
 * @throws UserError when one of the ports cannot be had; none of the servers is left then.
 */
export async function startFleet(flags: FleetFlags, hasBackup = false): Promise<Fleet> {
  const { 'flaky-port': firstPort, endpoints: count } = flags;
  const flakiness = flakinessOf(flags);
  const all: Server[] = [];
  const closeAll = async (): Promise<void> => void (await Promise.all(all.map(close)));
  const startNext = async (changes: Partial<typeof steady>): Promise<string> => {
    const index = all.length;
    const server = createFlakyServer({ ...flakiness, ...changes, seed: (flags.seed + index) % seedLimit });
    const port = await listen(server, { port: firstPort && firstPort + index, flag: 'flaky-port' });
    all.push(server);
    return `http://127.0.0.1:${port}`;
  };
  try {
    const urls: string[] = [];
    while (urls.length < count) urls.push(await startNext({}));
    const servers = [...all];
    const backup = hasBackup ? { url: await startNext(steady), name: steady.name, tier: 1 } : undefined;
    return { urls, servers, backup, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** The lines that tell a person what the flaky servers are. */
export function describeFleet({ urls, backup }: Fleet, flags: FlakyFlags): string[] {
  return [
    `${urls.length} flaky servers, each with ${describeFlakiness(flakinessOf(flags))}:`,
    ...urls.map((url) => `  ${url}`),
    ...(backup ? describeBackup(backup) : []),
    `Seed ${flags.seed}; --seed ${flags.seed} repeats their delays and statuses. Ctrl-C stops.`,
  ];
}

function describeBackup({ url, name, tier }: Backup): string[] {
  const answers = `has good answers only, after at most ${steady.maxDelayMs} ms`;
  return [
    `and one in tier ${tier}, which is asked only when they are no help, named ${name}; it ${answers}:`,
    `  ${url}`,
  ];
}
