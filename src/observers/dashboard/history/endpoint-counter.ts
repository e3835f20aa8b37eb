/** The most endpoints that are counted, since a function may give any number of them. */
const maxEndpoints = 256;

/** Counts something of endpoints, by their names. Of too many endpoints, those are forgotten that were counted first. */
export class EndpointCounter {
  readonly #counts = new Map<string, number>();

  /** All counts. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** The count of an endpoint. */
  of(endpoint: string): number {
    return this.#counts.get(endpoint) ?? 0;
  }

  /** Counts one more of an endpoint, or some. */
  add(endpoint: string, more = 1): void {
    const [first] = this.#counts.keys();
    const isNew = !this.#counts.has(endpoint);
    if (isNew && this.#counts.size >= maxEndpoints && first !== undefined) this.#counts.delete(first);
    this.#counts.set(endpoint, this.of(endpoint) + more);
  }

  /** Adds the counts of another one. */
  addAll(counts: ReadonlyMap<string, number>): void {
    for (const [endpoint, count] of counts) this.add(endpoint, count);
  }

  /** Forgets all endpoints but these. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const endpoint of this.#counts.keys()) if (!names.has(endpoint)) this.#counts.delete(endpoint);
  }
}
