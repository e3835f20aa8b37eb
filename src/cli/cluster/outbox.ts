import type { ProxyEvent } from '../../index.ts';
import { LineQueue, type Loss } from '../log/line-queue.ts';
import type { Report } from './messages.ts';
import { type PackedEvent, pack } from './packed-events.ts';

/** Milliseconds for which events are gathered before they go out together, while somebody watches. */
const eventsMs = 100;

/** Events that are gathered at most: a dashboard may miss some of so many, but requests must not wait for it. */
const maxEvents = 5_000;

/** The primary as a worker reaches it: by the worker's own process. */
export type Primary = Pick<NodeJS.Process, 'on' | 'send'>;

/**
 * The reports of a worker to the primary, in their order. Reports are lost when the primary is gone. While the primary stands still, lines
 * and events are lost rather than gathered without end.
 */
export class Outbox {
  readonly #primary: Primary;
  #lines: LineQueue | undefined;
  #events: PackedEvent[] = [];
  #areEventsDue = false;

  constructor(primary: Primary) {
    this.#primary = primary;
  }

  /**
   * Begins the log, once.
   * @param tellLoss makes the line that stands in the place of lost ones, with its end.
   * @returns the function that takes whole lines, which go out together when the current work is done.
   */
  openLog(tellLoss: (loss: Loss) => string): (lines: string) => void {
    this.#lines = new LineQueue({
      write: (text, done, told) => this.#send({ type: 'log', text, told }, done),
      tellLoss,
    });
    return this.#lines.write;
  }

  /** The number of lines of the log that were lost since the start. */
  get linesLost(): number {
    return this.#lines?.lost ?? 0;
  }

  /** Takes an event, which goes out together with others. */
  readonly event = (event: ProxyEvent): void => {
    if (!this.#areEventsDue) this.#sendEventsSoon();
    if (this.#events.length < maxEvents) this.#events.push(pack(event));
  };

  /** Forgets the events that wait to go out. */
  forgetEvents(): void {
    this.#events = [];
  }

  /** Resolves when the report is on its way, behind all lines of the log. */
  send(report: Report): Promise<void> {
    this.#lines?.flush();
    return new Promise((resolve) => this.#send(report, () => resolve()));
  }

  #sendEventsSoon(): void {
    this.#areEventsDue = true;
    setTimeout(() => this.#sendEvents(), eventsMs).unref();
  }

  /** The next events wait until these are on their way. */
  #sendEvents(): void {
    const events = this.#events;
    this.#events = [];
    this.#send({ type: 'events', events }, () => {
      this.#areEventsDue = false;
      if (this.#events.length > 0) this.#sendEventsSoon();
    });
  }

  #send(report: Report, done: (error: Error | null) => void): void {
    if (this.#primary.send) this.#primary.send(report, undefined, undefined, done);
    else done(null);
  }
}
