/**
 * The most endpoints that have series of their own at a time: a cluster may have others every day, and a function that gives endpoints may make
 * up names without end.
 */
export const maxEndpoints = 256;

/**
 * Milliseconds for which an endpoint keeps its label after it is gone: Prometheus has read the last counts by then, and names that are made up
 * without end get no more than 256 labels an hour.
 */
const keptMs = 3_600_000;

/** The label of all endpoints beyond these. */
export const others = 'other';

/** The label that names an endpoint. */
export interface EndpointLabel {
  /** The name of the endpoint, or `other`. */
  readonly endpoint: string;
}

/** Gives each endpoint its label. */
export class EndpointLabels {
  readonly #labels = new Map<string, EndpointLabel>();
  /** When each endpoint that has a label was there last, as far as is known. */
  readonly #thereAtMs = new Map<string, number>();
  readonly #onNew: (label: EndpointLabel) => void;
  #shared: EndpointLabel | undefined;

  /** @param onNew gets each label before its first use. */
  constructor(onNew: (label: EndpointLabel) => void) {
    this.#onNew = onNew;
  }

  /** The label of an endpoint, the same object for each call until it is given up. */
  of(name: string): EndpointLabel {
    const known = this.#labels.get(name);
    if (known) return known;
    if (name === others || this.#labels.size >= maxEndpoints) {
      this.#shared ??= this.#make(others);
      return this.#shared;
    }
    const label = this.#make(name);
    this.#labels.set(name, label);
    return label;
  }

  /**
   * Gives up as many labels as the endpoints that are there need for labels of their own: of those that are gone for an hour the ones that were
   * there longest ago. To be called with each scrape.
   * @param there the names of all endpoints that are there.
   * @param nowMs the time by `performance.now()`.
   * @returns the names whose labels are given up.
   */
  makeRoomFor(there: readonly string[], nowMs: number): ReadonlySet<string> {
    const names = new Set(there);
    for (const name of this.#labels.keys())
      if (names.has(name) || !this.#thereAtMs.has(name)) this.#thereAtMs.set(name, nowMs);
    const waiting = [...names].filter((name) => name !== others && !this.#labels.has(name)).length;
    const missing = Math.max(0, this.#labels.size + waiting - maxEndpoints);
    const gone = [...this.#thereAtMs].filter(([, atMs]) => nowMs - atMs >= keptMs).sort(([, a], [, b]) => a - b);
    const givenUp = new Set(gone.slice(0, missing).map(([name]) => name));
    for (const name of givenUp) {
      this.#labels.delete(name);
      this.#thereAtMs.delete(name);
    }
    return givenUp;
  }

  #make(endpoint: string): EndpointLabel {
    const label = { endpoint };
    this.#onNew(label);
    return label;
  }
}
