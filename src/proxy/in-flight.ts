/** Counts what is under way, so that closing can wait for it. */
export class InFlight {
  readonly #idle = Promise.withResolvers<void>();
  #count = 0;
  #isClosed = false;

  /** Whether new work is refused. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  begin(): void {
    this.#count++;
  }

  end(): void {
    this.#count--;
    this.#resolveIfIdle();
  }

  /** Refuses new work and resolves when the last piece has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#resolveIfIdle();
    return this.#idle.promise;
  }

  #resolveIfIdle(): void {
    if (this.#isClosed && this.#count === 0) this.#idle.resolve();
  }
}
