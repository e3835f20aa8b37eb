import http from 'node:http';
import { sendPlanned } from './client.ts';
import { type Ability, mixedRequests } from './mixed-requests.ts';
import { emptyTally, record, type Tally } from './tally.ts';

// A client in a process of its own: it sends requests of all kinds, so many at a time over kept-alive connections, and
// compares each answer.

export interface ClientOrder {
  readonly url: string;
  readonly count: number;
  readonly parallel: number;
  readonly seed: number;
  readonly abilities: readonly Ability[];
  readonly largestBytes?: number;
  /** After so many milliseconds a request counts as hanging. */
  readonly patienceMs: number;
}

export interface ClientReport extends Tally {
  readonly seconds: number;
}

async function carryOut({
  url,
  count,
  parallel,
  seed,
  abilities,
  largestBytes,
  patienceMs,
}: ClientOrder): Promise<ClientReport> {
  const tally = emptyTally();
  const agent = new http.Agent({ keepAlive: true, maxSockets: parallel });
  const requests = mixedRequests(seed, abilities, largestBytes);
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const planned = requests.next().value;
      record(tally, planned, await sendPlanned(url, planned, { agent, patienceMs }));
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: parallel }, work));
  agent.destroy();
  return { ...tally, seconds: (performance.now() - startedAt) / 1_000 };
}

process.on('message', async (order: ClientOrder) => process.send?.(await carryOut(order)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
