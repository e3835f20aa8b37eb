import http2, { type ClientHttp2Session } from 'node:http2';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { BalancingProxyError } from '../errors.ts';
import { explain } from './explain.ts';
import type { TlsOptions, UpstreamRequest } from './transport.ts';

/** An endpoint that offered HTTP/1.1 only is asked for HTTP/2 again after this time. */
const recheckMs = 60_000;

/** An HTTP/2 connection with what is known of it. */
export interface Http2Connection {
  readonly session: ClientHttp2Session;
  /** Streams that are open. */
  open: number;
  /** Streams that there have been. */
  served: number;
}

/** What is known of one endpoint. */
interface Place {
  readonly connections: Set<Http2Connection>;
  connecting: Promise<void> | undefined;
  /** Until then, by `performance.now()`, the endpoint is taken for one of HTTP/1.1. */
  isHttp1UntilMs: number;
}

/** HTTP/2 connections to https endpoints, shared by all requests; another one opens when all have their most streams. */
export class Http2Sessions {
  readonly #places = new Map<TlsOptions | undefined, Map<string, Place>>();

  /**
   * A connection that can take a stream, a promise after which to ask again, or undefined when the endpoint does not offer
   * HTTP/2 (ALPN, RFC 7301).
   * @throws BalancingProxyError `ERR_BRP_CONNECT` and `ERR_BRP_CONNECT_TIMEOUT`.
   */
  connectionFor(request: UpstreamRequest): Http2Connection | Promise<void> | undefined {
    const place = this.#placeOf(request);
    for (const connection of place.connections) if (mayTakeStream(connection)) return connection;
    if (performance.now() < place.isHttp1UntilMs) return undefined;
    place.connecting ??= this.#connect(request, place).finally(() => {
      place.connecting = undefined;
    });
    return place.connecting;
  }

  close(): void {
    const places = [...this.#places.values()].flatMap((each) => [...each.values()]);
    this.#places.clear();
    for (const { connections } of places) for (const { session } of connections) session.destroy();
  }

  #placeOf({ address, tls: settings }: UpstreamRequest): Place {
    const places = this.#places.get(settings) ?? new Map<string, Place>();
    const place = places.get(address.host) ?? { connections: new Set(), connecting: undefined, isHttp1UntilMs: 0 };
    this.#places.set(settings, places.set(address.host, place));
    return place;
  }

  async #connect(request: UpstreamRequest, place: Place): Promise<void> {
    const socket = await openSocket(request);
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      place.isHttp1UntilMs = performance.now() + recheckMs;
      return;
    }
    const session = http2.connect(`https://${request.address.host}`, { createConnection: () => socket });
    const connection: Http2Connection = { session, open: 0, served: 0 };
    const forget = (): void => void place.connections.delete(connection);
    // Its streams report what goes wrong; without a listener it would end the process.
    session.on('error', forget).on('goaway', forget).on('close', forget);
    await settingsOf(session, request);
    place.connections.add(connection);
  }
}

function mayTakeStream({ session, open }: Http2Connection): boolean {
  return !session.closed && !session.destroyed && open < (session.remoteSettings?.maxConcurrentStreams ?? 100);
}

/** How many streams there may be is known only then. */
function settingsOf(session: ClientHttp2Session, { address: { name } }: UpstreamRequest): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onLost = (error?: Error): void =>
    reject(explain(error ?? new Error('closed'), { name, isConnected: true, isReused: false }));
  session
    .once('remoteSettings', () => resolve())
    .once('error', onLost)
    .once('close', onLost);
  return promise;
}

function openSocket({ address, connectMs, tls: settings }: UpstreamRequest): Promise<tls.TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<tls.TLSSocket>();
  const socket = tls.connect({
    ...(settings as tls.ConnectionOptions),
    host: address.hostname,
    port: address.port,
    // An address is no name for a certificate.
    ...(isIP(address.hostname) === 0 && { servername: address.hostname }),
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  const onTime = (): void => {
    const message = `no connection to ${address.name} within ${connectMs} ms`;
    socket.destroy(new BalancingProxyError('ERR_BRP_CONNECT_TIMEOUT', message));
  };
  const timer = connectMs < Infinity ? setTimeout(onTime, connectMs) : undefined;
  const onError = (error: Error): void =>
    reject(explain(error, { name: address.name, isConnected: false, isReused: false }));
  socket.once('close', () => clearTimeout(timer)).on('error', onError);
  socket.once('secureConnect', () => {
    clearTimeout(timer);
    resolve(socket);
  });
  return promise;
}
