import type { ClientHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { ConnectionLimits } from './connection-limits.ts';

/** When a connection is asked whether it is still there, and how long the answer may take. */
type LivenessLimits = Pick<ConnectionLimits, 'silentMs' | 'pongMs' | 'firstPongMs' | 'proofMs'>;

/** Bytes that requests and cancels take at most in a while; more is a body that goes on. */
const fewBytes = 16_384;

/**
 * Finds out that a connection is dead. Over HTTP/1.1 a request that times out takes its connection along; over HTTP/2 all requests that
 * follow would go the same dead way, for a quarter of an hour. The bytes that come decide, not how requests end: in a race a request
 * without an answer is cancelled before any limit of its own.
 *
 * Each silence gets one ping: some servers count pings and close the connection of a client that sends many. A stream that waits for
 * its next event is left to TCP's own keep-alive.
 */
export class Liveness {
  readonly #session: ClientHttp2Session;
  readonly #socket: Pick<TLSSocket, 'bytesRead' | 'bytesWritten'>;
  readonly #limits: LivenessLimits;
  #timer: NodeJS.Timeout | undefined;
  #heardBytes = 0;
  /** The bytes that had come when the connection was used again after a while. */
  #unprovenBytes = -1;
  /** By `performance.now()`: the first request since which nothing has come. */
  #silentSinceMs = 0;
  #isInDoubt = false;
  #pinging: Promise<boolean> | undefined;

  /** @param socket the one below the session. */
  constructor(
    session: ClientHttp2Session,
    socket: Pick<TLSSocket, 'bytesRead' | 'bytesWritten'>,
    limits: LivenessLimits,
  ) {
    this.#session = session;
    this.#socket = socket;
    this.#limits = limits;
  }

  /** Whether nothing has come for long, so that requests had better go elsewhere until there is a sign of life. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /** Notes a request; `isFirst` when the connection was unused for a while before. */
  expectAnswer(isFirst: boolean): void {
    const receivedBytes = this.#socket.bytesRead;
    if (isFirst) this.#unprovenBytes = receivedBytes;
    if (receivedBytes !== this.#heardBytes || !this.#timer) {
      this.#heardBytes = receivedBytes;
      this.#silentSinceMs = performance.now();
    }
    this.#timer ??= setTimeout(this.#onTime, this.#limits.silentMs).unref();
  }

  /** Asks for a sign of life now, and says whether it comes soon. */
  async prove(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => {
      this.#isInDoubt = true;
      resolve(false);
    }, this.#limits.proofMs);
    void this.#ping().then(resolve);
    const isAlive = await promise;
    clearTimeout(timer);
    return isAlive;
  }

  /** Ends the watch. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    if (this.#session.destroyed || this.#socket.bytesRead !== this.#heardBytes) return;
    const restMs = this.#silentSinceMs + this.#limits.silentMs - performance.now();
    if (restMs > 1) {
      this.#timer = setTimeout(this.#onTime, restMs).unref();
      return;
    }
    this.#isInDoubt = true;
    void this.#ping();
  };

  /** Asks for a sign of life, says whether it comes, and closes the connection when it does not. */
  #ping(): Promise<boolean> {
    this.#pinging ??= this.#untilAnswered().finally(() => {
      this.#pinging = undefined;
      this.#isInDoubt = false;
    });
    return this.#pinging;
  }

  #untilAnswered(): Promise<boolean> {
    const session = this.#session;
    if (session.destroyed || session.closed) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const before = this.#socket.bytesRead;
    let sentBytes = this.#socket.bytesWritten;
    const { pongMs, firstPongMs } = this.#limits;
    const onTime = (): void => {
      if (session.destroyed) return;
      const { bytesRead, bytesWritten } = this.#socket;
      // The answer may stand behind other bytes.
      if (bytesRead !== before) resolve(true);
      // The ping may wait behind uploads over a slow line.
      else if (bytesWritten > sentBytes + fewBytes) timer.refresh();
      else session.destroy(new Error('the connection is dead'));
      sentBytes = bytesWritten;
    };
    const waitMs = before === this.#unprovenBytes ? firstPongMs : pongMs;
    // Bytes that came while this process was busy are read before an immediate runs.
    const timer = setTimeout(() => setImmediate(onTime), waitMs).unref();
    const onClose = (): void => resolve(false);
    session.once('close', onClose);
    session.ping((error) => resolve(!error));
    return promise.finally(() => {
      clearTimeout(timer);
      session.off('close', onClose);
    });
  }
}
