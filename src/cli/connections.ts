import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of a server, so that closing it waits for requests and for nothing else. Left alone, `server.close()`
 * waits five seconds for each kept-alive connection, and for one that was opened in advance until the client gives up.
 */
export class Connections {
  /** The newest response under way on each connection; requests may be pipelined. */
  readonly #newest = new Map<Socket, ServerResponse | undefined>();
  readonly #server: Server;
  #isClosing = false;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#newest.set(socket, undefined);
      socket.once('close', () => this.#newest.delete(socket));
    });
    server.on('request', (req, res) => this.#onRequest(req.socket, res));
  }

  /** Accepts no more connections and resolves when the last response has been sent. */
  close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, response] of this.#newest) {
      if (response) announceClose(response);
      else socket.destroy();
    }
    return closed;
  }

  #onRequest(socket: Socket, response: ServerResponse): void {
    this.#newest.set(socket, response);
    if (this.#isClosing) announceClose(response);
    response.once('close', () => {
      if (this.#newest.get(socket) !== response) return;
      this.#newest.set(socket, undefined);
      if (this.#isClosing) socket.destroySoon();
    });
  }
}

/** Tells a client that would reuse the connection that it will be closed. */
function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}
