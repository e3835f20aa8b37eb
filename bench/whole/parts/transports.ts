import { gotTransport, nodeTransport } from '../../../src/index.ts';
import { undiciTransport } from '../../../src/transports/undici.ts';

/** The transports, by their names in the tables. */
export const transports = {
  got: () => gotTransport(),
  undici: () => undiciTransport(),
  node: () => nodeTransport(),
  'HTTP/2': () => gotTransport({ http2: true }),
};

/** The name of a transport, as it is printed. */
export type TransportName = keyof typeof transports;

/** All of these names. */
export const transportNames = ['got', 'undici', 'node', 'HTTP/2'] as const satisfies readonly TransportName[];

/** Whether a transport asks the endpoints over TLS. */
export const isOverTls = (name: TransportName) => name === 'HTTP/2';
