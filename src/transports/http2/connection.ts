import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { EndpointAddress } from '../../endpoints/address.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { Liveness } from './liveness.ts';
import { AnnouncedWindow } from './receive-window.ts';
import { sessionOptions, widen } from './session-options.ts';

/** Who is told what becomes of a connection. */
export interface Watcher {
  /** No stream may be opened any more; perhaps told more than once. */
  onEnd(): void;
  /** The endpoint closes it after this number of streams, and has looked at no others that there were. */
  onTooMany(seen: number): void;
  /** There is another number of streams that carry much. */
  onLarge(): void;
}

/** An HTTP/2 connection with what is known of it. */
export class Http2Connection {
  readonly session: ClientHttp2Session;
  readonly #liveness: Liveness;
  readonly #limits: ConnectionLimits;
  readonly #bornAtMs = performance.now();
  readonly #onLarge: () => void;
  readonly #idle: NodeJS.Timeout;
  #open = 0;
  #served = 0;
  #resets = 0;
  #large = 0;
  readonly #window: AnnouncedWindow;
  #isProven = false;
  #isRetired = false;
  #lastUsedMs = 0;
  /** Of a GOAWAY: streams above were not looked at (RFC 9113 6.8). */
  #lastSeenStream = Infinity;

  constructor(socket: TLSSocket, { host }: EndpointAddress, limits: ConnectionLimits, watcher: Watcher) {
    this.#limits = limits;
    this.#onLarge = () => watcher.onLarge();
    const onEnd = (): void => watcher.onEnd();
    this.session = http2.connect(`https://${host}`, { ...sessionOptions, createConnection: () => socket });
    widen(this.session);
    this.#window = new AnnouncedWindow(this.session, sessionOptions.settings);
    this.#liveness = new Liveness(this.session, socket, limits);
    this.#idle = setTimeout(this.#onIdle, limits.idleMs).unref();
    this.session
      // Its streams report what goes wrong; without a listener it would end the process.
      .on('error', onEnd)
      .on('goaway', (code: number, lastStream: number) => {
        this.#lastSeenStream = lastStream;
        const seen = (lastStream + 1) / 2;
        if (code === http2.constants.NGHTTP2_NO_ERROR && seen < this.#served) watcher.onTooMany(seen);
        onEnd();
      })
      .on('stream', refusePush)
      .once('close', () => {
        clearTimeout(this.#idle);
        this.#liveness.stop();
        onEnd();
      });
  }

  /** Streams that are open. */
  get open(): number {
    return this.#open;
  }

  /** Streams that carry much, and compete for what one TCP connection can. */
  get large(): number {
    return this.#large;
  }

  /** There were streams before. */
  get isReused(): boolean {
    return this.#served > 1;
  }

  /** The endpoint wants no more streams here, as it stops or has had enough of them. */
  get isTurnedAway(): boolean {
    return this.#lastSeenStream < Infinity;
  }

  get maxAtOnce(): number {
    return this.session.remoteSettings?.maxConcurrentStreams ?? 100;
  }

  get mayTakeStream(): boolean {
    const { session } = this;
    const isOver = this.#isRetired || session.closed || session.destroyed || this.#liveness.isInDoubt;
    // What is worn out goes on until there is another one, but not for ever.
    return !isOver && this.#open < this.maxAtOnce && this.#served < this.#limits.allStreams && !this.#isWornBy(2);
  }

  /** Another connection should take over. */
  get isWorn(): boolean {
    return (
      this.#isWornBy(1) ||
      this.#served >= 0.9 * this.#limits.allStreams ||
      performance.now() - this.#bornAtMs > this.#limits.maxAgeMs
    );
  }

  /** It was unused for a while, so that it may be gone without our knowing. */
  get isStale(): boolean {
    return (
      !this.#isProven &&
      this.#open === 0 &&
      this.#served > 0 &&
      performance.now() - this.#lastUsedMs >= this.#limits.staleMs
    );
  }

  /** Asks for a sign of life, and waits a moment for it. */
  async prove(): Promise<void> {
    this.#isProven = await this.#liveness.prove();
  }

  #isWornBy(factor: number): boolean {
    return this.#served >= factor * this.#limits.maxStreams || this.#resets >= factor * this.#limits.maxResets;
  }

  /** @throws for headers that Node does not send. */
  openStream(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    const isFirst = this.isStale;
    this.#isProven = false;
    const stream = this.session.request(headers, { endStream });
    this.session.ref();
    this.#open++;
    this.#served++;
    this.#liveness.expectAnswer(isFirst);
    return stream.once('close', this.#onStreamClosed);
  }

  /** A stream that carries much has begun, or ended. */
  countLarge(change: 1 | -1): void {
    this.#large += change;
    this.#onLarge();
  }

  /** From now on so many bytes of each response may come ahead of its reader. */
  setWindow(bytes: number): void {
    this.#window.set(bytes);
  }

  /** We have reset a stream. */
  countReset(): void {
    this.#resets++;
  }

  /** The endpoint has surely not looked at a stream with this id, which is undefined for one that was never sent. */
  hasNotSeen(id: number | undefined): boolean {
    return id === undefined || id > this.#lastSeenStream;
  }

  /** Ends when its streams have ended. */
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

/** One may be promised before the endpoint has read that we want none; its errors would end the process. */
function refusePush(pushed: ClientHttp2Stream): void {
  pushed.on('error', () => {}).close(http2.constants.NGHTTP2_REFUSED_STREAM);
}
