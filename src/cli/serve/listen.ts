import { type AddressInfo, createServer, type Server } from 'node:net';
import { CommandError } from '../flags/command-error.ts';
import type { ListenAddress } from '../flags/kinds/address.ts';

/**
 * Resolves when the server listens, with the address that it got.
 * @throws CommandError with exit code 1 and a message that begins with `problem` when the server cannot listen.
 */
export function listenOn(
  server: Server,
  { host, port }: ListenAddress,
  problem = 'cannot listen',
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(new CommandError(1, `${problem}: ${error.message}`));
    server.once('error', onError);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', onError);
      resolve(server.address() as AddressInfo);
    });
  });
}

/**
 * Replaces port 0 of an address by a port that is free at this moment.
 * @throws CommandError with exit code 1 when no port is free, or the host is none of this machine.
 */
export async function withFixedPort(address: ListenAddress): Promise<ListenAddress> {
  if (address.port !== 0) return address;
  const server = createServer();
  const { port } = await listenOn(server, address);
  await new Promise((resolve) => server.close(resolve));
  return { ...address, port };
}
