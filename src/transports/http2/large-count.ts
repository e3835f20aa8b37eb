import type { Http2Connection } from './connection.ts';

/** A body of so many bytes competes with others for what a TCP connection can. */
const largeBytes = 131_072;

/** Counts one attempt as large with its connection, for as long as what it carries is on its way or waits for its reader. */
export class LargeCount {
  readonly #connection: Http2Connection;
  #isCounted = false;
  #isClosed = false;
  #isReleased = false;
  #isWhole = false;

  constructor(connection: Http2Connection) {
    this.#connection = connection;
  }

  /** All of the response has come, and takes memory until it is read. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** So much is carried. */
  carry(bytes: number): void {
    if (bytes > largeBytes) this.begin();
  }

  begin(): void {
    if (this.#isCounted || this.#isClosed) return;
    this.#isCounted = true;
    this.#connection.countLarge(1);
  }

  completeResponse(): void {
    this.#isWhole = true;
  }

  /** Nobody reads the response any more. */
  release(): void {
    this.#isReleased = true;
    this.#end();
  }

  /** The stream has closed. */
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
