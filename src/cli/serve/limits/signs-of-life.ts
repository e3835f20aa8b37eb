import type { Server } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { followSessions } from '../http2/http2-sessions.ts';

/** A ping, and whether it was answered. */
interface Ping {
  readonly sentAtMs: number;
  isAnswered: boolean;
}

/** Ends connections over HTTP/2 whose clients read nothing: what is written to them waits behind what they have not read. */
export class SignsOfLife {
  readonly #pings = new WeakMap<Http2Session, Ping>();
  readonly #sockets = new WeakMap<Http2Session, TLSSocket>();

  /** Gets to know the connections of a server from now on. */
  follow(server: Server): void {
    followSessions(server, (session, socket) => this.#sockets.set(session, socket));
  }

  /**
   * Asks for a sign of life, and ends a connection that was asked before and gave none. To be called again and again.
   * @param limitMs milliseconds for an answer, after which it holds as long again.
   */
  expect(session: Http2Session | undefined, limitMs: number): void {
    if (!session || session.destroyed) return;
    const last = this.#pings.get(session);
    const isLate = last !== undefined && performance.now() - last.sentAtMs >= limitMs;
    // The session itself would first send what is written.
    if (isLate && !last.isAnswered) this.#sockets.get(session)?.destroy();
    else if (isLate || !last) this.#ping(session);
  }

  #ping(session: Http2Session): void {
    const ping: Ping = { sentAtMs: performance.now(), isAnswered: false };
    this.#pings.set(session, ping);
    session.ping(() => {
      ping.isAnswered = true;
    });
  }
}
