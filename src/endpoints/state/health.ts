/** The share of its way to 0 or 1 by which one event moves the ratio. */
const weight = 1 / 16;

/** How well an endpoint does, by its recent attempts and by responses that broke off later. */
export class Health {
  #ratio = 1;

  /** From 0, nothing goes well, to 1, with which an endpoint begins. */
  get ratio(): number {
    return this.#ratio;
  }

  /** Takes note of what went well or did not. */
  count(isSuccess: boolean): void {
    this.#ratio += ((isSuccess ? 1 : 0) - this.#ratio) * weight;
  }
}
