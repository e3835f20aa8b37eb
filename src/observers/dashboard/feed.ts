import type { ServerResponse } from 'node:http';
import type { ManagedProxy } from '../../events/observed-proxy.ts';
import { isClientGone } from '../../http/http2-stream.ts';
import { currentFrame } from './current-frame.ts';
import type { Frame } from './frame.ts';
import { History, historyLastsMs } from './history.ts';
import type { SampledRaces } from './race-sample.ts';
import { Viewer } from './viewer.ts';

/** Milliseconds between two frames. */
const tickMs = 500;

/** Milliseconds without a frame after which a heartbeat is sent. */
const heartbeatMs = 5_000;

/** The most viewers at a time: each one costs a connection and a write per tick. */
const maxViewers = 32;

/** Milliseconds after which a browser tries again when the stream has broken off. */
const retryMs = 2_000;

// An event, not a comment, which proxies in between would take as well: the page must see it to notice a dead connection.
const heartbeat = 'event: heartbeat\ndata:\n\n';

/**
 * Tells all viewers what happens at a proxy. Only while somebody watches, the proxy is observed and a timer runs. A frame is written as
 * JSON once, whatever the number of viewers.
 */
export class Feed {
  readonly #source: ManagedProxy;
  readonly #allowActions: boolean;
  readonly #viewers = new Set<Viewer>();
  #history = new History();
  #stop: (() => void) | undefined;
  #stoppedAtMs = -Infinity;
  #isClosed = false;
  #lastState = '';
  #lastSentAtMs = 0;

  constructor(source: ManagedProxy, allowActions: boolean) {
    this.#source = source;
    this.#allowActions = allowActions;
  }

  /** Whether another viewer may come. */
  get isOpen(): boolean {
    return !this.#isClosed && this.#viewers.size < maxViewers;
  }

  /** Streams frames to a response, whose head is set, until its client leaves. */
  add(stream: ServerResponse): void {
    if (isClientGone(stream)) return;
    const viewer = new Viewer(stream);
    if (this.#viewers.size === 0) this.#start();
    this.#viewers.add(viewer);
    stream.once('close', () => this.#remove(viewer));
    viewer.send(`retry: ${retryMs}\n\n${this.#everything(this.#state())}`);
  }

  /** Sends a frame to all viewers now, if there is anything new. */
  push(): void {
    if (this.#viewers.size === 0) return;
    const state = this.#state();
    const update = this.#updateTo(state, this.#history.races.take());
    for (const viewer of this.#viewers) {
      if (viewer.isBehind && viewer.isReady) viewer.send(this.#everything(state));
      else if (update !== undefined) viewer.send(update);
    }
  }

  /** Ends all streams. Nobody can watch any more. */
  close(): void {
    this.#isClosed = true;
    for (const viewer of this.#viewers) {
      this.#remove(viewer);
      viewer.end();
    }
  }

  #start(): void {
    // A viewer who only loads the page again finds what was there.
    if (performance.now() - this.#stoppedAtMs > historyLastsMs) this.#history = new History();
    const unsubscribe = this.#source.subscribe(this.#history.observe);
    // Not unref'd: as long as the timer runs, the connection of a viewer keeps the process alive anyway.
    const timer = setInterval(() => this.push(), tickMs);
    this.#stop = () => {
      clearInterval(timer);
      unsubscribe();
    };
  }

  #remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
    this.#stoppedAtMs = performance.now();
  }

  /** The frame without its races, as the JSON text of an object. */
  #state(): string {
    const history = this.#history;
    return JSON.stringify(currentFrame(this.#source, { history, allowActions: this.#allowActions }));
  }

  /** The event for viewers who have all that was before; undefined when there is nothing to tell. */
  #updateTo(state: string, fresh: SampledRaces): string | undefined {
    const now = performance.now();
    const isNews = state !== this.#lastState || fresh.races.length > 0;
    if (!isNews && now - this.#lastSentAtMs < heartbeatMs) return undefined;
    this.#lastState = state;
    this.#lastSentAtMs = now;
    return isNews ? dataOf(state, fresh) : heartbeat;
  }

  /** The event for viewers who know nothing or have missed something, who may get a race twice. */
  #everything(state: string): string {
    return dataOf(state, { races: this.#history.races.latest, moreRaces: 0 });
  }
}

function dataOf(state: string, { races, moreRaces }: SampledRaces): string {
  const rest: Pick<Frame, 'races' | 'moreRaces'> = { races, moreRaces };
  // The texts of two objects are made into one. A line end would end the data, but JSON has none.
  return `data: ${state.slice(0, -1)},${JSON.stringify(rest).slice(1)}\n\n`;
}
