import type { Server } from 'node:http';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Server as SecureServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { callAfterReading } from '../../../support/timer.ts';
import { followSessions } from './http2-sessions.ts';

/** Milliseconds that a client gets to close a connection, after it was told to and all that was written has gone out. */
const lingerMs = 5_000;

/** Follows the HTTP/2 connections of a server, of which there may be none. */
export class Http2Clients {
  readonly #open = new Set<FollowedSession>();
  #phase: Phase = 'open';
  #lingerMs = lingerMs;

  constructor(server: Server | SecureServer) {
    followSessions(server, (session, socket) => this.#follow(session, socket, server.keepAliveTimeout));
  }

  /** The number of open connections over HTTP/2. */
  get count(): number {
    return this.#open.size;
  }

  /** Tells each client to go elsewhere, as soon as it has no more than one request under way. */
  leave(): void {
    this.#phase = 'leaving';
    for (const session of this.#open) session.enter('leaving', lingerMs);
  }

  /**
   * Tells every client to go elsewhere and closes its connection after the last response.
   * @param graceMs milliseconds that a client then gets to close the connection itself.
   */
  finish(graceMs: number): void {
    this.#phase = 'finishing';
    this.#lingerMs = graceMs;
    for (const session of this.#open) session.enter('finishing', graceMs);
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const session of this.#open) session.cut();
  }

  #follow(session: ServerHttp2Session, socket: TLSSocket, keepAliveMs: number): void {
    const followed = new FollowedSession(session, socket, keepAliveMs);
    this.#open.add(followed);
    socket.once('close', () => this.#open.delete(followed));
    if (this.#phase !== 'open') followed.enter(this.#phase, this.#lingerMs);
  }
}

type Phase = 'open' | 'leaving' | 'finishing';

/**
 * A connection over HTTP/2. A client hears of its end by GOAWAY with the number of the last request that is answered, and sends those
 * that were under way behind it again elsewhere (RFC 9113 6.8). Node can announce no GOAWAY before the real one, so the best moment
 * is one with nothing under way: a client that asks one thing at a time hears of the end before its response.
 */
class FollowedSession {
  readonly #session: ServerHttp2Session;
  readonly #socket: TLSSocket;
  readonly #idle: NodeJS.Timeout | undefined;
  #phase: Phase = 'open';
  #streams = 0;
  #lingerMs = lingerMs;
  #linger: NodeJS.Timeout | undefined;

  constructor(session: ServerHttp2Session, socket: TLSSocket, keepAliveMs: number) {
    this.#session = session;
    this.#socket = socket;
    if (keepAliveMs > 0) this.#idle = setTimeout(this.#onIdle, keepAliveMs);
    session.on('stream', this.#onStream);
    // Node ends its side when the last stream of a closed session has ended, and would wait for the client's end for ever.
    socket.once('finish', this.#onFinish).once('close', this.#onClose);
  }

  /** Lets the end of the connection come nearer. */
  enter(phase: Phase, lingerMs: number): void {
    this.#phase = phase;
    this.#lingerMs = lingerMs;
    if (this.#socket.writableFinished) this.#onFinish();
    this.#closeIfDue();
  }

  /** Ends the connection at once. */
  cut(): void {
    this.#socket.destroy();
  }

  readonly #onStream = (stream: ServerHttp2Stream): void => {
    this.#streams++;
    stream.once('close', this.#onStreamClose);
    if (this.#phase !== 'open') this.#closeIfDue();
  };

  readonly #onStreamClose = (): void => {
    this.#streams--;
    if (this.#phase !== 'open') this.#closeIfDue();
    if (this.#streams === 0) this.#idle?.refresh();
  };

  readonly #onIdle = (): void => {
    if (this.#streams > 0) return;
    // The client reads nothing, or it has said itself that it will ask no more.
    if (this.#session.closed) this.#socket.destroy();
    this.#session.close();
    this.#idle?.refresh();
  };

  /** Closes the session when all that has come is read: requests among it would be refused. */
  #closeIfDue(): void {
    callAfterReading(0, () => {
      if (this.#phase === 'finishing' || this.#streams <= 1) this.#session.close();
    });
  }

  readonly #onFinish = (): void => {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#socket.destroy(), this.#lingerMs);
  };

  readonly #onClose = (): void => {
    clearTimeout(this.#idle);
    clearTimeout(this.#linger);
  };
}
