import { isIP } from 'node:net';
import tls from 'node:tls';
import { connectTimeout } from '../explain.ts';
import { lookup } from '../lookup.ts';
import type { UpstreamRequest } from '../transport.ts';

/** After so much silence TCP asks whether the endpoint is still there; a stream of events may be silent for ever. */
const keepAliveMs = 15_000;

/** What a connection depends on. */
export type ConnectSettings = Pick<UpstreamRequest, 'address' | 'tls' | 'connectMs'>;

/**
 * Connects to an endpoint over TLS, within its `connectMs`.
 * @param protocols what to offer (ALPN, RFC 7301).
 * @param whileConnecting is waited for before the limit is lifted.
 */
export async function openSocket(
  settings: ConnectSettings,
  protocols: string[],
  whileConnecting: (socket: tls.TLSSocket) => Promise<void>,
): Promise<tls.TLSSocket> {
  const socket = connect(settings, protocols);
  const { connectMs } = settings;
  const onTime = (): void => void socket.destroy(connectTimeout(settings));
  const timer = connectMs < Infinity ? setTimeout(onTime, connectMs) : undefined;
  try {
    await whileConnecting(socket);
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

function connect({ address, tls: settings }: ConnectSettings, protocols: string[]): tls.TLSSocket {
  const socket = tls.connect({
    ...(settings as tls.ConnectionOptions),
    host: address.connectTo ?? address.hostname,
    port: address.port,
    lookup,
    // An address is no name for a certificate, and the final dot of a name is no part of it there (RFC 6066 3).
    ...(isIP(address.hostname) === 0 && { servername: address.hostname.replace(/\.$/, '') }),
    ALPNProtocols: protocols,
  });
  return socket.once('secureConnect', () => socket.setKeepAlive(true, keepAliveMs));
}

/** @throws what keeps the connection from being secure. */
export function untilSecure(socket: tls.TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The second one stays: without it what happens to the connection later would end the process.
  socket.once('secureConnect', resolve).on('error', reject);
  return promise;
}
