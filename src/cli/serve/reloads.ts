import type { Configuration } from '../config/configuration.ts';

/** The reloads so far, and the configuration that is in use after them. */
export class Reloads {
  /** How many ended how. */
  readonly counts = { succeeded: 0, failed: 0 };
  #configuration: Configuration;
  #loadedAtMs = Date.now();
  #isLastGood = true;

  /** @param configuration the one that the command begins with. */
  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** The configuration in use. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  /** When the configuration in use was loaded, in milliseconds since the epoch. */
  get loadedAtMs(): number {
    return this.#loadedAtMs;
  }

  /** Whether the last reload succeeded; true before the first one. */
  get isLastGood(): boolean {
    return this.#isLastGood;
  }

  /** A reload has put another configuration into use, or the same one anew. */
  succeeded(configuration: Configuration): void {
    this.#configuration = configuration;
    this.#loadedAtMs = Date.now();
    this.#isLastGood = true;
    this.counts.succeeded++;
  }

  /** A reload has failed, and all stays as it was. */
  failed(): void {
    this.#isLastGood = false;
    this.counts.failed++;
  }
}
