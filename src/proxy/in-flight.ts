/** Counts the requests under way, so that closing can wait for them. */
export class InFlight {
  readonly #idle = Promise.withResolvers<void>();
  #count = 0;
  #isClosed = false;

  /** Whether new requests are refused. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Counts one more. */
  begin(): void {
    this.#count++;
  }

  /** Counts one less. */
  end(): void {
    this.#count--;
    this.#resolveIfIdle();
  }

  /** Refuses new requests from now on. Resolves when the last one has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#resolveIfIdle();
    return this.#idle.promise;
  }

  #resolveIfIdle(): void {
    if (this.#isClosed && this.#count === 0) this.#idle.resolve();
  }
}
