import tls from 'node:tls';
import { Opening } from '../../connect/open-connection.ts';
import { probeOverTls } from '../../connect/probing.ts';
import type { ConnectionRoute } from '../../connect/route.ts';
import { serverNameOf } from '../../connect/server-name.ts';
import { connectTimeout } from '../../message/explain.ts';
import type { UpstreamRequest } from '../../message/transport.ts';

/** Silence after which TCP asks whether the endpoint is still there; a stream of events may be silent for ever. */
const probeAfterMs = 15_000;

/** The part of a request on which its connection depends. */
export type ConnectSettings = Pick<UpstreamRequest, 'address' | 'tls' | 'connectMs'>;

/** All sockets that are open or being opened. */
export class OpenSockets {
  readonly #sockets = new Set<tls.TLSSocket>();
  #isClosed = false;
  /** The way that they take. */
  readonly route: ConnectionRoute;

  constructor(route: ConnectionRoute) {
    this.route = route;
  }

  /** Counts a socket until it closes; after `close()` it is destroyed. */
  add(socket: tls.TLSSocket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#isClosed) socket.destroy(new Error('the transport was closed'));
  }

  /** Destroys all sockets, and those that are added from now on. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy(new Error('the transport was closed'));
  }
}

/** The protocols for a new socket, and where the socket is counted. */
interface OpeningSettings {
  /** Protocols to offer (ALPN, RFC 7301). */
  readonly protocols: string[];
  /** Get the socket as soon as it is being opened. */
  readonly sockets: OpenSockets;
}

/** Connects to an endpoint over TLS, within its `connectMs`. */
export function openSocket(settings: ConnectSettings, { protocols, sockets }: OpeningSettings): Promise<tls.TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<tls.TLSSocket>();
  const { address, connectMs } = settings;
  const open = (host: string): tls.TLSSocket => {
    const socket = connectTo(host, settings, { protocols, sockets });
    sockets.add(socket);
    return socket;
  };
  const hostname = address.connectTo ?? address.hostname;
  const createTimeout = () => connectTimeout(settings);
  new Opening({ hostname, secure: true, connectMs, open, createTimeout }, (error, socket) => {
    if (error) reject(error);
    else resolve(socket as tls.TLSSocket);
  }).start(sockets.route.lookup);
  return promise;
}

function connectTo(
  host: string,
  { address, tls: settings }: ConnectSettings,
  { protocols, sockets: { route } }: OpeningSettings,
): tls.TLSSocket {
  const { localAddress } = route;
  const socket = tls.connect({
    ...(settings as tls.ConnectionOptions),
    host,
    port: address.port,
    ...(localAddress !== undefined && { localAddress }),
    ...serverNameOf(address, settings),
    ALPNProtocols: protocols,
  });
  return probeOverTls(socket, probeAfterMs);
}
