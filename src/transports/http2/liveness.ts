import type { ClientHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';

/** When a connection is asked whether it is still there, in milliseconds. */
export interface LivenessLimits {
  /** Nothing has come for so long although something was asked. */
  readonly silentMs: number;
  /** An answer may take so long: whoever serves all from one thread may be busy. */
  readonly pongMs: number;
  /** The same on a connection that was unused before, where it is likely that nobody is there any more. */
  readonly firstPongMs: number;
  /** So long somebody waits for an answer who wants to use the connection. */
  readonly proofMs: number;
}

/** More is a body that goes on; what is cancelled and asked for takes less. */
const fewBytes = 16_384;

/**
 * Finds out that a connection is dead. Over HTTP/1.1 a request that times out takes its connection along; here all that
 * follow would go the same dead way, for a quarter of an hour. It looks at what comes, not at how requests end: in a race
 * those that get no answer are cancelled before any limit of theirs.
 *
 * One ping for each silence: some servers count pings and close the connection of who sends many. For a stream that waits
 * for its next event there is TCP's own keep-alive.
 */
export class Liveness {
  readonly #session: ClientHttp2Session;
  readonly #socket: Pick<TLSSocket, 'bytesRead' | 'bytesWritten'>;
  readonly #limits: LivenessLimits;
  #timer: NodeJS.Timeout | undefined;
  #heardBytes = 0;
  /** What had come when the connection was used again after a while. */
  #unprovenBytes = -1;
  /** By `performance.now()`: since then something was asked, and nothing has come. */
  #silentSinceMs = 0;
  #isInDoubt = false;
  #pinging: Promise<boolean> | undefined;

  constructor(
    session: ClientHttp2Session,
    socket: Pick<TLSSocket, 'bytesRead' | 'bytesWritten'>,
    limits: LivenessLimits,
  ) {
    this.#session = session;
    this.#socket = socket;
    this.#limits = limits;
  }

  /** Nothing has come for long; what is asked now had better go elsewhere until there is a sign of life. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /** Something is asked of the endpoint, perhaps the first thing after a while. */
  expectAnswer(isFirst: boolean): void {
    const receivedBytes = this.#socket.bytesRead;
    if (isFirst) this.#unprovenBytes = receivedBytes;
    if (receivedBytes !== this.#heardBytes || !this.#timer) {
      this.#heardBytes = receivedBytes;
      this.#silentSinceMs = performance.now();
    }
    this.#timer ??= setTimeout(this.#onTime, this.#limits.silentMs).unref();
  }

  /** Asks now. @returns whether an answer comes soon. */
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

  /** Closes a connection that does not answer. @returns whether it does. */
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
      // An answer may stand behind much else.
      if (bytesRead !== before) resolve(true);
      // So may the ping, behind uploads over a slow line.
      else if (bytesWritten > sentBytes + fewBytes) timer.refresh();
      else session.destroy(new Error('the connection is dead'));
      sentBytes = bytesWritten;
    };
    const waitMs = before === this.#unprovenBytes ? firstPongMs : pongMs;
    // What has come while this process was busy is read before that.
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
