/** What is under way, so that closing can wait for it. */
export class InFlight {
  readonly #pending = new Set<Promise<unknown>>();
  #isClosed = false;

  /** Whether new work is refused. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Counts a piece of work until it ends; it must not reject. */
  add(work: Promise<unknown>): void {
    this.#pending.add(work);
    void work.then(() => this.#pending.delete(work));
  }

  /** Refuses new work and resolves when the last piece has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#pending);
  }
}
