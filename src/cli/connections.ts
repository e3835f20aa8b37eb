import { Server, type ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';

/**
 * The connections of a server, so that closing it waits for requests and for nothing else. Left alone, `server.close()`
 * waits five seconds for each kept-alive connection, and for one that was opened in advance until the client gives up.
 */
export class Connections {
  /** The newest response under way on each connection; requests may be pipelined. */
  readonly #newest = new Map<Socket, ServerResponse | undefined>();
  readonly #server: Server | SecureServer;
  #phase: 'open' | 'leaving' | 'closing' = 'open';

  constructor(server: Server | SecureServer) {
    this.#server = server;
    server.on('request', (req, res) => this.#onRequest(req.socket, res));
    if (server instanceof Server) server.on('connection', (socket) => this.#track(socket));
    else this.#trackSecure(server);
  }

  /** Goes on accepting requests, but tells every client with its next response to leave. */
  leave(): void {
    this.#phase = 'leaving';
    for (const response of this.#newest.values()) if (response) announceClose(response);
  }

  /** Accepts no more connections and resolves when the last response has been sent. */
  close(): Promise<void> {
    this.#phase = 'closing';
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, response] of this.#newest) {
      if (response) announceClose(response);
      else socket.destroy();
    }
    return closed;
  }

  /** Leaves a connection that was upgraded to whoever has it now; it is under way until both its ends close. */
  release(socket: Socket): void {
    this.#newest.delete(socket);
  }

  #track(socket: Socket): void {
    this.#newest.set(socket, undefined);
    socket.once('close', () => this.#newest.delete(socket));
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
      if (this.#phase === 'closing') socket.destroySoon();
    });
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Tells a client that would reuse the connection that it will be closed. */
function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}
