import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BalancingProxyOptions, createBalancingProxy } from '../../../src/index.ts';
import { gotTransport } from '../../../src/transports/got.ts';
import { undiciTransport } from '../../../src/transports/undici.ts';

// A proxy in a process of its own. Its first message is its URL.

export interface ProxySettings {
  readonly endpoints: readonly string[];
  readonly transport: TransportName;
  readonly http2: boolean;
  /** The address to listen on; 127.0.0.1 if not given. */
  readonly host?: string;
  /** Where to listen instead, for clients of any network: Unix sockets belong to none. */
  readonly socketPath?: string;
  /** What can be told in JSON of all other options. */
  readonly options?: Omit<BalancingProxyOptions, 'endpoints' | 'transport'>;
}

export type TransportName = keyof typeof transports;

const transports = { got: gotTransport, undici: undiciTransport };

const {
  endpoints,
  transport,
  http2,
  host = '127.0.0.1',
  socketPath,
  options,
}: ProxySettings = JSON.parse(process.argv[2] ?? '{}');
const proxy = createBalancingProxy({
  tls: { rejectUnauthorized: false },
  ...options,
  endpoints,
  transport: transports[transport]({ http2 }),
});
const server = http.createServer({ keepAliveTimeout: 0 }, proxy);
server.listen(socketPath ? { path: socketPath } : { port: 0, host }, () => {
  process.send?.(socketPath ?? `http://${host}:${(server.address() as AddressInfo).port}`);
});
process.on('disconnect', () => process.exit());
