import type { Http2Connection } from '../connections/connection.ts';

/** Bytes from which a body competes with others for the throughput of a TCP connection. */
const largeBytes = 131_072;

/** Counts one attempt as large with its connection, for as long as its body is on its way or waits for the reader. */
export class LargeCount {
  readonly #connection: Http2Connection;
  #isCounted = false;
  #isClosed = false;
  #isReleased = false;
  #isWhole = false;

  /** @param connection counts the attempt. */
  constructor(connection: Http2Connection) {
    this.#connection = connection;
  }

  /** Whether all of the response has come, and takes memory until it is read. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Counts the attempt when its body has so many bytes that it is large. */
  carry(bytes: number): void {
    if (bytes > largeBytes) this.begin();
  }

  /** Counts the attempt, unless it is counted or over. */
  begin(): void {
    if (this.#isCounted || this.#isClosed) return;
    this.#isCounted = true;
    this.#connection.countLarge(1);
  }

  /** Notes that all of the response has come. */
  completeResponse(): void {
    this.#isWhole = true;
  }

  /** Notes that nobody reads the response any more. */
  release(): void {
    this.#isReleased = true;
    this.#end();
  }

  /** Notes that the stream has closed. */
  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  #end(): void {
    if (!this.#isCounted || !this.#isClosed || (this.#isWhole && !this.#isReleased)) return;
    this.#isCounted = false;
    this.#connection.countLarge(-1);
  }
}
