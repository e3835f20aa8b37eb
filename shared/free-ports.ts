import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * Finds ports of 127.0.0.1 that nobody listens on, for programs that cannot be told to take a free one. All are held until
 * the last is known, so that no port comes twice.
 */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
