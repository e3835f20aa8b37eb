import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

// A client in a process of its own: it asks one server after the other, in turn, and tells how long each answer took.

export interface LatencyOrder {
  /** The URL of each server. */
  readonly urls: readonly string[];
  /** Requests to each. */
  readonly count: number;
  /** Milliseconds between two rounds. */
  readonly pauseMs: number;
}

/** Milliseconds of each request, server by server; -1 for an answer other than 200. */
export type LatencyReport = ReadonlyArray<readonly number[]>;

async function ask(url: string, agent: http.Agent): Promise<number> {
  const startedAt = performance.now();
  const [res] = (await once(http.get(url, { agent }), 'response')) as [IncomingMessage];
  for await (const _ of res);
  return res.statusCode === 200 ? performance.now() - startedAt : -1;
}

async function carryOut({ urls, count, pauseMs }: LatencyOrder): Promise<LatencyReport> {
  const agent = new http.Agent({ keepAlive: true });
  const took: number[][] = urls.map(() => []);
  for (let round = 0; round < count; round++) {
    for (const [index, url] of urls.entries()) took[index]?.push(await ask(url, agent));
    await pause(pauseMs);
  }
  agent.destroy();
  return took;
}

process.on('message', async (order: LatencyOrder) => process.send?.(await carryOut(order)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
