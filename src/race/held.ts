import type { Arrival, Condition } from './rules.ts';

/** Values that are held in case nothing better comes, in the order in which they came. */
export class Held<Value> {
  readonly #conditionOf: (value: Value) => Condition;
  readonly #values: Arrival<Value>[] = [];

  /** @param conditionOf without it, every value is whole. */
  constructor(conditionOf: (value: Value) => Condition = () => 'whole') {
    this.#conditionOf = conditionOf;
  }

  /** Whether a value is held that can no longer break, so that no further one is needed. */
  get isSure(): boolean {
    return this.#values.some(({ value }) => this.#conditionOf(value) === 'whole');
  }

  /** Whether a value is held that has not broken. */
  get isOfUse(): boolean {
    return this.#values.some(({ value }) => this.#conditionOf(value) !== 'broken');
  }

  /** Holds one more. */
  add(arrival: Arrival<Value>): void {
    this.#values.push(arrival);
  }

  /** Gives away the first value that is whole, else the first that is coming. */
  takeBest(): Arrival<Value> | undefined {
    const conditions = this.#values.map(({ value }) => this.#conditionOf(value));
    const index = conditions.includes('whole') ? conditions.indexOf('whole') : conditions.indexOf('coming');
    return index === -1 ? undefined : this.#values.splice(index, 1)[0];
  }

  /** Gives away all values. */
  takeAll(): Arrival<Value>[] {
    return this.#values.splice(0);
  }
}
