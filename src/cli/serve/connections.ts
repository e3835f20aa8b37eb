import { Server, type ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { Server as NetServer, type Socket } from 'node:net';

/**
 * An idle connection is closed so long after its server: what its client has sent without knowing is answered. Nothing
 * helps a request that comes just after that; a client that asks as rarely has to be told before, by {@link Connections.leave}.
 */
const idleGraceMs = 200;

/**
 * The connections of a server, so that closing it waits for requests and for nothing else. Left alone, `server.close()`
 * waits five seconds for each kept-alive connection, and for one that was opened in advance until the client gives up.
 */
export class Connections {
  /** The newest response under way on each connection; requests may be pipelined. */
  readonly #newest = new Map<Socket, ServerResponse | undefined>();
  readonly #server: Server | SecureServer;
  #phase: 'open' | 'leaving' | 'finishing' = 'open';
  #graceMs = idleGraceMs;
  #closed: Promise<void> | undefined;

  constructor(server: Server | SecureServer) {
    this.#server = server;
    // Before the one who answers, which may be done at once.
    server.prependListener('request', (req, res) => this.#onRequest(req.socket, res));
    if (server instanceof Server) server.on('connection', (socket) => this.#track(socket));
    else this.#trackSecure(server);
  }

  /** Goes on accepting requests, but tells every client with its next response to leave. */
  leave(): void {
    this.#phase = 'leaving';
    for (const response of this.#newest.values()) if (response) announceClose(response);
  }

  /**
   * Accepts no more connections. Those that are open do not hear of it yet, so that their clients do not try to connect
   * anew, perhaps to another process that is just about to do the same and would reset them.
   */
  refuse(): void {
    // That of node:http cuts what is idle, with requests in it that nobody has read yet.
    this.#closed ??= new Promise((resolve) => NetServer.prototype.close.call(this.#server, () => resolve()));
  }

  /**
   * Comes after {@link refuse}: resolves when the last response has been sent and idle clients had their time.
   * @param limitMs how long the caller waits; 0 is without a limit.
   */
  async finish(limitMs: number): Promise<void> {
    this.#phase = 'finishing';
    if (limitMs > 0) this.#graceMs = Math.min(idleGraceMs, limitMs / 2);
    for (const [socket, response] of this.#newest) {
      if (response) announceClose(response);
      else this.#closeIdle(socket);
    }
    await this.#closed;
  }

  /** Leaves a connection that was upgraded to whoever has it now; it is under way until both its ends close. */
  release(socket: Socket): void {
    this.#newest.delete(socket);
  }

  #track(socket: Socket): void {
    this.#newest.set(socket, undefined);
    socket.once('close', () => this.#newest.delete(socket));
    if (this.#phase === 'finishing') this.#closeIdle(socket);
  }

  /** A connection is a bare socket until its handshake is done, then another one on top of it, with the same peer. */
  #trackSecure(server: SecureServer): void {
    const handshaking = new Map<string, Socket>();
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      this.#track(socket);
      handshaking.set(peer, socket);
      socket.once('close', () => handshaking.get(peer) === socket && handshaking.delete(peer));
    });
    server.on('secureConnection', (socket) => {
      const peer = peerOf(socket);
      const bare = handshaking.get(peer);
      if (bare) this.#newest.delete(bare);
      handshaking.delete(peer);
      this.#track(socket);
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
    setTimeout(close, this.#graceMs).unref();
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Tells a client that would reuse the connection that it will be closed. */
function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}
