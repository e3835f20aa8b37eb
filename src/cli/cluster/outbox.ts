import type { ProxyEvent } from '../../index.ts';
import type { Report } from './messages.ts';
import { type PackedEvent, pack } from './packed-events.ts';

/** Milliseconds for which events are gathered before they go out together, while somebody watches. */
const eventsMs = 100;

/** Events that are gathered at most: a dashboard may miss some of so many, but requests must not wait for it. */
const maxEvents = 5_000;

/** The primary as a worker reaches it: by the worker's own process. */
export type Primary = Pick<NodeJS.Process, 'on' | 'send'>;

/** The reports of a worker to the primary, in their order. Reports are lost when the primary is gone. */
export class Outbox {
  readonly #primary: Primary;
  #lines = '';
  #events: PackedEvent[] = [];

  constructor(primary: Primary) {
    this.#primary = primary;
  }

  /** Takes whole lines of the log, which go out together when the current work is done. */
  readonly log = (lines: string): void => {
    if (this.#lines === '') setImmediate(() => this.#sendLines());
    this.#lines += lines;
  };

  /** Takes an event, which goes out together with others. */
  readonly event = (event: ProxyEvent): void => {
    if (this.#events.length === 0) setTimeout(() => this.#sendEvents(), eventsMs).unref();
    if (this.#events.length < maxEvents) this.#events.push(pack(event));
  };

  /** Resolves when the report is on its way, behind all lines of the log. */
  send(report: Report): Promise<void> {
    this.#sendLines();
    return this.#send(report);
  }

  #sendLines(): void {
    const text = this.#lines;
    this.#lines = '';
    if (text !== '') void this.#send({ type: 'log', text });
  }

  #sendEvents(): void {
    const events = this.#events;
    this.#events = [];
    void this.#send({ type: 'events', events });
  }

  #send(report: Report): Promise<void> {
    return new Promise((resolve) => {
      if (this.#primary.send) this.#primary.send(report, undefined, undefined, () => resolve());
      else resolve();
    });
  }
}
