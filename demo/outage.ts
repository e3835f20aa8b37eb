import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { close, listen } from './listen.ts';

/**
 * Makes a function that takes a server away, which listens, and brings it back to its port the next time; it resolves
 * with a line that says what it did.
 */
export function createOutage(server: Server): () => Promise<string> {
  const { port } = server.address() as AddressInfo;
  return async () => {
    if (server.listening) {
      const closed = close(server);
      server.closeAllConnections();
      await closed;
      return `Port ${port} is away; o and Enter bring it back.`;
    }
    try {
      await listen(server, { port, flag: 'flaky-port' });
      return `Port ${port} is back.`;
    } catch (error) {
      return (error as Error).message;
    }
  };
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
