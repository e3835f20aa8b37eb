import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { close, listen } from './listen.ts';

/**
 * Makes a function that takes a server away, which listens, and brings it back to its port the next time; it resolves
 * with a line that says what it did.
 */
export function createOutage(server: Server): () => Promise<string> {
  const { port } = server.address() as AddressInfo;
  return async () => {
    if (server.listening) {
      await takeAway(server);
      return `Port ${port} is away; o and Enter bring it back.`;
    }
    try {
      await bringBack(server, port);
      return `Port ${port} is back.`;
    } catch (error) {
      return (error as Error).message;
    }
  };
}

/** When there are outages of all servers, and who hears of them. */
export interface RepeatedOutage {
  /** Milliseconds from one outage to the next, and until the first. */
  readonly everyMs: number;
  /** Milliseconds that an outage lasts. */
  readonly forMs: number;
  /** Takes a line when an outage begins, and one when it is over. */
  readonly tell: (line: string) => void;
}

/**
 * Takes all of these servers away now and then, which listen, and brings them back.
 * @returns the function that ends it; it resolves when no server is on its way back any more.
 */
export function repeatOutage(
  servers: readonly Server[],
  { everyMs, forMs, tell }: RepeatedOutage,
): () => Promise<void> {
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  const stop = new AbortController();
  const wait = (ms: number) => setTimeout(ms, undefined, { signal: stop.signal });
  const all = `${servers.length === 1 ? 'the flaky server is' : `all ${servers.length} flaky servers are`}`;
  async function repeat(): Promise<never> {
    for (;;) {
      await wait(everyMs);
      await Promise.all(servers.map(takeAway));
      tell(`Outage: ${all} away, for ${forMs / 1_000} s.`);
      await wait(forMs);
      const tried = await Promise.allSettled(servers.map((server, index) => bringBack(server, ports[index] ?? 0)));
      for (const result of tried) if (result.status === 'rejected') tell(result.reason.message);
      tell(`The outage is over: ${all} back, and each is tried again within seconds.`);
    }
  }
  const ended = repeat().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  return async () => {
    stop.abort();
    await ended;
  };
}

/** Cuts all that is under way. One that is away already stays so. */
async function takeAway(server: Server): Promise<void> {
  const closed = close(server);
  server.closeAllConnections();
  await closed;
}

/** @throws UserError when somebody else has the port by now. */
async function bringBack(server: Server, port: number): Promise<void> {
  if (!server.listening) await listen(server, { port, flag: 'flaky-port' });
}

/**
 * Calls `act` whenever the input has this line. A closed input is no error, and an open one does not keep the process
 * running.
 */
export function onLine(input: Readable & { readonly unref?: () => unknown }, line: string, act: () => void): void {
  createInterface({ input })
    .on('error', () => {})
    .on('line', (text) => {
      if (text.trim() === line) act();
    });
  // A file has no `unref`, and needs none, because it ends by itself.
  input.unref?.();
}
