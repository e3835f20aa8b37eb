import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { connectTimeout, explain } from '../explain.ts';
import type { TlsOptions, UpstreamRequest } from '../transport.ts';
import { sessionOptions, widen } from './session-options.ts';

/** An endpoint that offered HTTP/1.1 only is asked for HTTP/2 again after this time. */
const recheckMs = 60_000;

/** So many endpoints are remembered; beyond that the oldest without a connection are forgotten. */
const mostPlaces = 256;

/** An HTTP/2 connection with what is known of it. */
export interface Http2Connection {
  readonly session: ClientHttp2Session;
  /** Streams that are open. */
  open: number;
  /** Streams that there have been. */
  served: number;
  /** Somebody asks whether it is still there. */
  isProbed: boolean;
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
  /** All connections, those included that are still being set up and those that only finish what they have begun. */
  readonly #sockets = new Set<tls.TLSSocket>();

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
    this.#places.clear();
    for (const socket of this.#sockets) socket.destroy(new Error('the transport was closed'));
  }

  #placeOf({ address, tls: settings }: UpstreamRequest): Place {
    const places = this.#places.get(settings) ?? new Map<string, Place>();
    const key = address.connectTo === undefined ? address.host : `${address.host} ${address.connectTo}`;
    const known = places.get(key);
    if (known) return known;
    const place: Place = { connections: new Set(), connecting: undefined, isHttp1UntilMs: 0 };
    forgetUnused(places);
    this.#places.set(settings, places.set(key, place));
    return place;
  }

  async #connect(request: UpstreamRequest, place: Place): Promise<void> {
    const socket = openSocket(request);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const timer = limitConnecting(socket, request);
    try {
      await untilSecure(socket);
      if (socket.alpnProtocol === 'h2') await this.#openSession(socket, request, place);
      else {
        socket.destroy();
        place.isHttp1UntilMs = performance.now() + recheckMs;
      }
    } catch (error) {
      // Nothing was asked of the endpoint yet.
      throw explain(error as Error, { name: request.address.name, isConnected: false, isReused: false });
    } finally {
      clearTimeout(timer);
    }
  }

  async #openSession(socket: tls.TLSSocket, { address }: UpstreamRequest, { connections }: Place): Promise<void> {
    const session = http2.connect(`https://${address.host}`, { ...sessionOptions, createConnection: () => socket });
    widen(session);
    const connection: Http2Connection = { session, open: 0, served: 0, isProbed: false };
    const forget = (): void => void connections.delete(connection);
    // Its streams report what goes wrong; without a listener it would end the process.
    session.on('error', forget).on('goaway', forget).on('close', forget);
    session.on('stream', refusePush);
    await settingsOf(session);
    // Another one would take none either, and the next one after that.
    if (!mayTakeStream(connection)) {
      session.destroy();
      throw new Error('it takes no requests');
    }
    connections.add(connection);
    // Those who waited for it may be gone.
    session.unref();
  }
}

/** One may be promised before the endpoint has read that we want none; its errors would end the process. */
function refusePush(pushed: ClientHttp2Stream): void {
  pushed.on('error', () => {}).close(http2.constants.NGHTTP2_REFUSED_STREAM);
}

function forgetUnused(places: Map<string, Place>): void {
  for (const [key, { connections, connecting }] of places) {
    if (places.size < mostPlaces) return;
    if (connections.size === 0 && !connecting) places.delete(key);
  }
}

function mayTakeStream({ session, open }: Http2Connection): boolean {
  return !session.closed && !session.destroyed && open < (session.remoteSettings?.maxConcurrentStreams ?? 100);
}

/**
 * Closes a connection that does not answer a ping in time. Over HTTP/1.1 a request that times out takes its connection along;
 * here all that follow would go the same dead way.
 */
export function probe(connection: Http2Connection, withinMs: number): void {
  const { session } = connection;
  if (connection.isProbed || session.destroyed || withinMs === Infinity) return;
  connection.isProbed = true;
  const timer = setTimeout(() => session.destroy(new Error('the connection is dead')), withinMs);
  const onAnswer = (): void => {
    connection.isProbed = false;
    clearTimeout(timer);
  };
  session.once('close', onAnswer);
  session.ping(() => {
    session.off('close', onAnswer);
    onAnswer();
  });
}

/** How many streams there may be is known only then. */
function settingsOf(session: ClientHttp2Session): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  session
    .once('remoteSettings', () => resolve())
    .once('error', reject)
    .once('close', () => reject(new Error('closed')));
  return promise;
}

function openSocket({ address, tls: settings }: UpstreamRequest): tls.TLSSocket {
  return tls.connect({
    ...(settings as tls.ConnectionOptions),
    host: address.connectTo ?? address.hostname,
    port: address.port,
    // An address is no name for a certificate.
    ...(isIP(address.hostname) === 0 && { servername: address.hostname }),
    ALPNProtocols: ['h2', 'http/1.1'],
  });
}

function untilSecure(socket: tls.TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The second one stays: without it what happens to the connection later would end the process.
  socket.once('secureConnect', resolve).on('error', reject);
  return promise;
}

/** @returns the timer, which is cleared by whoever sees the connection set up. */
function limitConnecting(socket: tls.TLSSocket, request: UpstreamRequest): NodeJS.Timeout | undefined {
  const onTime = (): void => void socket.destroy(connectTimeout(request));
  return request.connectMs < Infinity ? setTimeout(onTime, request.connectMs) : undefined;
}
