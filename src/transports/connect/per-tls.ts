import type { TlsOptions } from '../../endpoints/place/tls-options.ts';
import { forgetUnused } from './forget-unused.ts';

/** How many sets of certificates are remembered: a function of the user may give another one with each request. */
const maxRemembered = 256;

/** What belongs to a set of certificates, and to the connections that were made with it. */
interface Belongings<Value> {
  /** Makes the value for a set that is not known yet. */
  create(tls: TlsOptions | undefined): Value;
  /** Whether the value may be forgotten: it has no connection. */
  isUnused(value: Value): boolean;
}

/** One value for each set of certificates. Connections that were made with different ones must not be taken for one another. */
export class PerTls<Value> {
  readonly #values = new Map<TlsOptions | undefined, Value>();
  readonly #create: Belongings<Value>['create'];
  readonly #remembered: Parameters<typeof forgetUnused<TlsOptions | undefined, Value>>[1];

  constructor({ create, isUnused }: Belongings<Value>) {
    this.#create = create;
    this.#remembered = { max: maxRemembered, isUnused };
  }

  /** The value for a set of certificates; the same object is the same set. */
  for(tls: TlsOptions | undefined): Value {
    const known = this.#values.get(tls);
    if (known !== undefined) return known;
    const value = this.#create(tls);
    forgetUnused(this.#values, this.#remembered);
    this.#values.set(tls, value);
    return value;
  }

  /** All values. */
  all(): readonly Value[] {
    return [...this.#values.values()];
  }

  /** Forgets all values. */
  clear(): void {
    this.#values.clear();
  }
}
