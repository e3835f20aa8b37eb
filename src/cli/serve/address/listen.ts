import { type AddressInfo, createServer, type Server } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { CommandError } from '../../flags/command-error.ts';
import { type BoundAddress, formatAskedAddress, type ListenAddress, portOfBound } from '../../flags/kinds/address.ts';
import { SocketFile } from './socket-file.ts';

/** An address that is claimed for this process and its workers. */
export interface Claim {
  /** The address to have a server listen on, which for a Unix socket is not the one that clients know. */
  readonly address: ListenAddress;
  /** Is to be called whenever a server has begun to listen: clients can connect from then on. */
  onListening(): void;
  /** Is to be called when nobody listens any more. */
  release(): void;
}

interface ClaimSettings {
  /** The permissions of a Unix socket; false for those that the umask leaves. */
  readonly mode: number | false;
  /** The words that errors begin with. */
  readonly problem?: string;
}

/** @throws CommandError with exit code 1 when it is an address of a Unix socket that cannot be had. */
export async function claimAddress(
  address: ListenAddress,
  { mode, problem = 'cannot listen' }: ClaimSettings,
): Promise<Claim> {
  if (!('path' in address)) return { address, onListening() {}, release() {} };
  const file = await SocketFile.claim({ file: address.path, mode: mode === false ? undefined : mode, problem });
  return {
    address: { path: file.temporary },
    onListening: () => file.publish(),
    release: () => file.remove(),
  };
}

/**
 * Resolves when the server listens, with the address that it got.
 * @throws CommandError with exit code 1 and a message that begins with `problem` when the server cannot listen.
 */
export function listenOn(server: Server, address: ListenAddress, problem = 'cannot listen'): Promise<BoundAddress> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(new CommandError(1, `${problem}: ${whyNotAt(address, error)}`));
    server.once('error', onError);
    server.listen(listenOptions(address), () => {
      server.off('error', onError);
      resolve(boundAddressOf(server));
    });
  });
}

/** Says why a server cannot listen. Node's own message is another one in workers, and has `null` for a host that is not given. */
function whyNotAt(address: ListenAddress, { code, errno, message }: NodeJS.ErrnoException): string {
  const [, words] = getSystemErrorMap().get(errno ?? 0) ?? [];
  return words === undefined ? message : `${code}: ${words}, ${formatAskedAddress(address)}`;
}

/** The address of a server that listens. */
export function boundAddressOf(server: Server): BoundAddress {
  const address = server.address() as AddressInfo | string;
  return typeof address === 'string' ? { path: address } : address;
}

function listenOptions(address: ListenAddress) {
  if ('path' in address) return { path: address.path };
  const { host, port } = address;
  return { port, ...(host !== undefined && { host }) };
}

/**
 * Replaces port 0 of an address by a port that is free at this moment.
 * @throws CommandError with exit code 1 when no port is free, or the host is none of this machine.
 */
export async function withFixedPort(address: ListenAddress): Promise<ListenAddress> {
  if ('path' in address || address.port !== 0) return address;
  const server = createServer();
  const bound = await listenOn(server, address);
  await new Promise((resolve) => server.close(resolve));
  return { ...address, ...portOfBound(bound) };
}
