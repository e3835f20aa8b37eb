import type { AddressInfo, Server } from 'node:net';
import type { ListenAddress } from './address.ts';
import { CommandError } from './command-error.ts';

/**
 * Resolves when the server listens, with what it got.
 * @throws CommandError with exit code 1, which begins with `problem`, when it cannot.
 */
export function listen(server: Server, { host, port }: ListenAddress, problem = 'cannot listen'): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(new CommandError(1, `${problem}: ${error.message}`));
    server.once('error', onError);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', onError);
      resolve(server.address() as AddressInfo);
    });
  });
}
