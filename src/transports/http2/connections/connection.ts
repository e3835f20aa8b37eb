import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { EndpointAddress } from '../../../endpoints/place/address.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { ConnectionWear } from './connection-wear.ts';
import { Liveness } from './liveness.ts';
import { AnnouncedWindow } from './receive-window.ts';
import { sessionOptions, widen } from './session-options.ts';

/** Is told what becomes of a connection. */
interface Watcher {
  /** Is called when no stream may be opened any more, perhaps more than once. */
  onEnd(): void;
  /** Is called when the endpoint closes the connection after so many streams and has looked at no later one. */
  onTooMany(seen: number): void;
  /** Is called when the number of streams changes that carry much. */
  onLarge(): void;
}

/** An HTTP/2 connection, and whether it is fit for the next request. */
export class Http2Connection {
  /** The connection as Node has it. */
  readonly session: ClientHttp2Session;
  readonly #liveness: Liveness;
  readonly #limits: ConnectionLimits;
  readonly #wear: ConnectionWear;
  readonly #onLarge: () => void;
  readonly #idle: NodeJS.Timeout;
  #open = 0;
  #large = 0;
  readonly #window: AnnouncedWindow;
  #isProven = false;
  #isRetired = false;
  #lastUsedMs = 0;
  /** The last stream that the endpoint looked at, by its GOAWAY (RFC 9113 6.8). */
  #lastSeenStream = Infinity;

  /** @param socket is connected, and has agreed on HTTP/2; from now on it is the connection's. */
  constructor(socket: TLSSocket, { host }: EndpointAddress, limits: ConnectionLimits, watcher: Watcher) {
    this.#limits = limits;
    this.#wear = new ConnectionWear(limits);
    this.#onLarge = () => watcher.onLarge();
    const onEnd = (): void => watcher.onEnd();
    this.session = http2.connect(`https://${host}`, { ...sessionOptions, createConnection: () => socket });
    widen(this.session);
    this.#window = new AnnouncedWindow(this.session, sessionOptions.settings);
    this.#liveness = new Liveness(this.session, socket, limits);
    this.#idle = setTimeout(this.#onIdle, limits.keptMs).unref();
    this.session
      // Streams report their errors themselves; without this listener the session's error would end the process.
      .on('error', onEnd)
      .on('goaway', (code: number, lastStream: number) => {
        this.#lastSeenStream = lastStream;
        const seen = (lastStream + 1) / 2;
        if (code === http2.constants.NGHTTP2_NO_ERROR && seen < this.#wear.streams) watcher.onTooMany(seen);
        onEnd();
      })
      .on('stream', refusePush)
      .once('close', () => {
        clearTimeout(this.#idle);
        this.#liveness.stop();
        onEnd();
      });
  }

  /** The number of streams that are open. */
  get open(): number {
    return this.#open;
  }

  /** The number of streams that carry much, and compete for the throughput of one TCP connection. */
  get large(): number {
    return this.#large;
  }

  /** Whether a stream was opened before the last one. */
  get isReused(): boolean {
    return this.#wear.streams > 1;
  }

  /** Whether the endpoint wants no more streams here, because it stops or has served enough of them. */
  get isTurnedAway(): boolean {
    return this.#lastSeenStream < Infinity;
  }

  /** Most streams that may be open at one time. */
  get maxAtOnce(): number {
    return this.session.remoteSettings?.maxConcurrentStreams ?? 100;
  }

  /** Whether another stream may be opened now. */
  get mayTakeStream(): boolean {
    const { session } = this;
    const isOver = this.#isRetired || session.closed || session.destroyed || this.#liveness.isInDoubt;
    return !isOver && this.#open < this.maxAtOnce && !this.#wear.isWornOut;
  }

  /** Whether another connection should take over. */
  get isWorn(): boolean {
    return this.#wear.isWorn;
  }

  /** Whether the connection was unused for so long that it may be gone without our knowing. */
  get isStale(): boolean {
    return (
      !this.#isProven &&
      this.#open === 0 &&
      this.#wear.streams > 0 &&
      performance.now() - this.#lastUsedMs >= this.#limits.staleMs
    );
  }

  /** Asks for a sign of life, and waits a moment for it; then {@link isStale} is false if there was one. */
  async prove(): Promise<void> {
    this.#isProven = await this.#liveness.prove();
  }

  /**
   * Opens a stream.
   * @param endStream whether there is no body.
   * @throws for headers that Node does not send.
   */
  openStream(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    const isFirst = this.isStale;
    this.#isProven = false;
    const stream = this.session.request(headers, { endStream });
    this.session.ref();
    this.#open++;
    this.#wear.countStream();
    this.#liveness.expectAnswer(isFirst);
    return stream.once('close', this.#onStreamClosed);
  }

  /** Counts a stream that carries much: 1 when it begins to, -1 when it ends. */
  countLarge(change: 1 | -1): void {
    this.#large += change;
    this.#onLarge();
  }

  /** Lets so many bytes of each response come ahead of its reader from now on. */
  setWindow(bytes: number): void {
    this.#window.set(bytes);
  }

  /** Counts a stream that we have reset. */
  countReset(): void {
    this.#wear.countReset();
  }

  /** Whether the endpoint has surely not looked at a stream; its id is undefined before it is sent. */
  hasNotSeen(id: number | undefined): boolean {
    return id === undefined || id > this.#lastSeenStream;
  }

  /** Takes no more streams, and closes the connection when the open ones have ended. */
  retire(): void {
    this.#isRetired = true;
    if (this.#open === 0) this.session.close();
  }

  readonly #onStreamClosed = (): void => {
    this.#lastUsedMs = performance.now();
    if (--this.#open > 0) return;
    if (this.#isRetired) this.session.close();
    // An idle connection must keep no process alive.
    this.session.unref();
    this.#idle.refresh();
  };

  readonly #onIdle = (): void => {
    if (this.#open === 0) this.retire();
  };
}

/**
 * Refuses a pushed stream: the endpoint may promise one before it has read that we want none. Without a listener its error would
 * end the process.
 */
function refusePush(pushed: ClientHttp2Stream): void {
  pushed.on('error', () => {}).close(http2.constants.NGHTTP2_REFUSED_STREAM);
}
