/** Something that is opened and has to be closed. */
export interface Closeable {
  /** Closes the resource, at once or by the time that the promise resolves. */
  close(): unknown;
}

/** Everything that a test has opened; what was opened last is closed first. */
export class Resources {
  readonly #closers: Array<() => unknown> = [];

  /** Has a resource closed at the end. @returns the resource. */
  use<T extends Closeable>(resource: T): T {
    this.#closers.push(() => resource.close());
    return resource;
  }

  /** Closes all resources; rejects with the first failure of a `close()`. */
  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}
