/**
 * So many endpoints have series of their own. A series is kept for as long as the process, and a function of endpoints
 * may make up names without end.
 */
const maxEndpoints = 256;

/** Stands for all endpoints beyond these. */
const others = 'other';

/** The label that names an endpoint. */
export interface EndpointLabel {
  readonly endpoint: string;
}

/** Gives each endpoint its label. */
export class EndpointLabels {
  readonly #labels = new Map<string, EndpointLabel>();
  readonly #onNew: (label: EndpointLabel) => void;

  /** @param onNew is told of each label before it is used. */
  constructor(onNew: (label: EndpointLabel) => void) {
    this.#onNew = onNew;
  }

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
