import { Server, type ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { Server as NetServer, type Socket } from 'node:net';
import { callAfterReading } from '../../../support/timer.ts';
import { Http2Clients } from '../http2/http2-clients.ts';

/**
 * Milliseconds for which an idle connection outlives the listening server, so that a request is answered that its client
 * sends before hearing of the end. A request that comes later still is lost: a client that asks so rarely has to be told in
 * time, by {@link Connections.leave}.
 */
const idleGraceMs = 200;

/**
 * Follows the connections of a server, so that closing it waits for requests and for nothing else. `server.close()` alone
 * waits five seconds for each kept-alive connection, and for one that was opened in advance until its client gives up.
 */
export class Connections {
  /** The newest response under way on each connection over HTTP/1.1; requests may be pipelined. */
  readonly #newest = new Map<Socket, ServerResponse | undefined>();
  readonly #http2: Http2Clients;
  readonly #server: Server | SecureServer;
  readonly #upgraded = new Set<Socket>();
  #phase: 'open' | 'leaving' | 'finishing' = 'open';
  #graceMs = idleGraceMs;
  #closed: Promise<void> | undefined;

  constructor(server: Server | SecureServer) {
    this.#server = server;
    this.#http2 = new Http2Clients(server);
    // In front of the listener that answers, because it may be done at once.
    server.prependListener('request', (req, res) => {
      if (req.httpVersionMajor < 2) this.#onRequest(req.socket, res);
    });
    if (server instanceof Server) server.on('connection', (socket) => this.#track(socket));
    else this.#trackSecure(server);
  }

  /** The number of open connections, by what is spoken on them. */
  get open(): Readonly<Record<'http1' | 'http2' | 'upgraded', number>> {
    return { http1: this.#newest.size, http2: this.#http2.count, upgraded: this.#upgraded.size };
  }

  /** Goes on accepting requests, but tells every client with its next response to leave. */
  leave(): void {
    this.#phase = 'leaving';
    for (const response of this.#newest.values()) if (response) announceClose(response);
    this.#http2.leave();
  }

  /**
   * Accepts no more connections. The clients of open connections are not told yet: they would connect anew, perhaps to another
   * process that is just about to stop accepting, too, and would reset them.
   */
  refuse(): void {
    // The close() of node:http would cut idle connections, even one with a request in it that nobody has read yet.
    this.#closed ??= new Promise((resolve) => NetServer.prototype.close.call(this.#server, () => resolve()));
  }

  /**
   * Comes after {@link refuse}: resolves when the last response has been sent and idle clients had their time.
   * @param limitMs milliseconds that the caller waits; 0 is no limit.
   */
  async finish(limitMs: number): Promise<void> {
    this.#phase = 'finishing';
    if (limitMs > 0) this.#graceMs = Math.min(idleGraceMs, limitMs / 2);
    for (const [socket, response] of this.#newest) {
      if (response) announceClose(response);
      else this.#closeIdle(socket);
    }
    this.#http2.finish(this.#graceMs);
    await this.#closed;
  }

  /** Ends all connections at once, whatever is under way on them. */
  cut(): void {
    for (const socket of this.#newest.keys()) socket.destroy();
    // With an error the endpoint's side is reset, too, where its end would be waited for otherwise.
    for (const socket of this.#upgraded) socket.on('error', () => {}).destroy(new Error('cut'));
    this.#http2.cut();
  }

  /** Leaves a connection that was upgraded to whoever has it now, up to {@link cut}. */
  release(socket: Socket): void {
    this.#newest.delete(socket);
    if (socket.destroyed) return;
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
  }

  #track(socket: Socket): void {
    this.#newest.set(socket, undefined);
    socket.once('close', () => this.#newest.delete(socket));
    if (this.#phase === 'finishing') this.#closeIdle(socket);
  }

  /** Follows a TLS connection: a bare socket until its handshake is done, then another socket on top with the same peer. */
  #trackSecure(server: SecureServer): void {
    const handshaking = new Map<HandshakePeer, Socket>();
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket, socket);
      this.#track(socket);
      handshaking.set(peer, socket);
      socket.once('close', () => handshaking.get(peer) === socket && handshaking.delete(peer));
    });
    server.on('secureConnection', (socket) => {
      const peer = peerOf(socket, Reflect.get(socket, '_parent'));
      const bare = handshaking.get(peer);
      if (bare) this.#newest.delete(bare);
      handshaking.delete(peer);
      if (socket.alpnProtocol !== 'h2') this.#track(socket);
    });
  }

  #onRequest(socket: Socket, response: ServerResponse): void {
    this.#newest.set(socket, response);
    if (this.#phase !== 'open') announceClose(response);
    response.once('close', () => {
      if (this.#newest.get(socket) !== response) return;
      this.#newest.set(socket, undefined);
      if (this.#phase !== 'finishing') return;
      if (response.shouldKeepAlive) this.#closeIdle(socket);
      else socket.destroySoon();
    });
  }

  /** Closes a connection on which no request has come after a while. */
  #closeIdle(socket: Socket): void {
    const close = (): void => {
      if (this.#newest.has(socket) && !this.#newest.get(socket)) socket.destroy();
    };
    callAfterReading(this.#graceMs, close);
  }
}

/** The peer of a connection: its address, or the bare socket where the peer has none. */
type HandshakePeer = string | Socket;

/** @param bare the socket below TLS, which node:tls knows as `_parent` only: all peers on Unix sockets are alike otherwise. */
function peerOf({ remoteAddress, remotePort }: Socket, bare: Socket): HandshakePeer {
  return remotePort === undefined ? bare : `${remoteAddress} ${remotePort}`;
}

/** Tells a client that would reuse the connection that it will be closed. */
function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}
