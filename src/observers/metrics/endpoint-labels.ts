/**
 * The most endpoints that have series of their own. A series is kept for as long as the process, and a function that gives endpoints may
 * make up names without end.
 */
const maxEndpoints = 256;

/** The label of all endpoints beyond these. */
const others = 'other';

/** The label that names an endpoint. */
export interface EndpointLabel {
  /** The name of the endpoint, or `other`. */
  readonly endpoint: string;
}

/** Gives each endpoint its label. */
export class EndpointLabels {
  readonly #labels = new Map<string, EndpointLabel>();
  readonly #onNew: (label: EndpointLabel) => void;

  /** @param onNew gets each label before its first use. */
  constructor(onNew: (label: EndpointLabel) => void) {
    this.#onNew = onNew;
  }

  /** The label of an endpoint, the same object for each call. */
  of(name: string): EndpointLabel {
    const known = this.#labels.get(name);
    if (known) return known;
    if (this.#labels.size >= maxEndpoints && name !== others) return this.of(others);
    const label = { endpoint: name };
    this.#labels.set(name, label);
    this.#onNew(label);
    return label;
  }
}
