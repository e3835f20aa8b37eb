import type { ServerResponse } from 'node:http';

/** Milliseconds after which a viewer who takes nothing counts as gone. */
const patienceMs = 60_000;

/** Somebody who watches the page, and the response with their frames, which never ends by itself. */
export class Viewer {
  /** `compression` keeps events to itself until its `flush` is called. */
  readonly #stream: ServerResponse & { readonly flush?: () => void };
  #lastTakenAtMs = performance.now();
  #isBehind = true;

  constructor(stream: ServerResponse) {
    this.#stream = stream;
  }

  /** Whether the viewer has missed something, or was told nothing so far. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Whether all that was written before has left for the viewer's connection. */
  get isReady(): boolean {
    return !this.#stream.writableNeedDrain;
  }

  /** Writes an event, unless the viewer is slow: events that nobody takes must not pile up here. */
  send(event: string): void {
    const now = performance.now();
    this.#isBehind = !this.isReady;
    if (this.isReady) {
      this.#lastTakenAtMs = now;
      this.#write(event);
    } else if (now - this.#lastTakenAtMs > patienceMs) this.#stream.destroy();
  }

  /** Ends the stream, at once where the viewer takes nothing. */
  end(): void {
    if (this.isReady) this.#stream.end();
    else this.#stream.destroy();
  }

  #write(text: string): void {
    // The app may have ended the response, as by a timeout of its own.
    if (this.#stream.writableEnded) return;
    this.#stream.write(text);
    this.#stream.flush?.();
  }
}
