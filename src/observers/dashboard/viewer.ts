import type { ServerResponse } from 'node:http';

/** A viewer who takes nothing for so long is not there any more. */
const patienceMs = 60_000;

/** Somebody who watches, over a response that never ends by itself. */
export class Viewer {
  /** `compression` puts `flush` on a response, without which it keeps the events to itself. */
  readonly #stream: ServerResponse & { readonly flush?: () => void };
  #lastTakenAtMs = performance.now();
  #isBehind = false;

  constructor(stream: ServerResponse) {
    this.#stream = stream;
  }

  /** Whether they have missed something. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Whether what was written before has left for their connection. */
  get isReady(): boolean {
    return !this.#stream.writableNeedDrain;
  }

  /** Writes an event, unless they are slow: what they do not take must not pile up here. */
  send(event: string): void {
    const now = performance.now();
    this.#isBehind = !this.isReady;
    if (this.isReady) {
      this.#lastTakenAtMs = now;
      this.#write(event);
    } else if (now - this.#lastTakenAtMs > patienceMs) this.#stream.destroy();
  }

  /** Says goodbye, or leaves without a word where nobody would hear it. */
  end(): void {
    if (this.isReady) this.#stream.end();
    else this.#stream.destroy();
  }

  #write(text: string): void {
    // Somebody else's timeout may have ended it.
    if (this.#stream.writableEnded) return;
    this.#stream.write(text);
    this.#stream.flush?.();
  }
}
