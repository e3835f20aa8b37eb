import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../shared/command.ts';

/** How long a server that closes lets its connections finish before it cuts them. */
const graceMs = 1_000;

/**
 * Lets a server listen on this machine only.
 * @param place its port, 0 for a free one, and the name of the flag that chooses it.
 * @returns its port.
 * @throws UserError that says which flag to use when the port cannot be had.
 */
export async function listen(server: Server, { port, flag }: { port: number; flag: string }): Promise<number> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === 'EADDRINUSE' ? 'is in use' : `cannot be had (${code})`;
    throw new UserError(`port ${port} ${problem}: choose another one with --${flag}`, 1);
  }
  return (server.address() as AddressInfo).port;
}

/** Stops listening, lets the connections finish for a second and resolves when none is left. */
export function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  server.close(() => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}
