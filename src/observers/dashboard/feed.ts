import type { ServerResponse } from 'node:http';
import type { ManagedProxy } from '../../events/observed-proxy.ts';
import { isClientGone } from '../../http/http2-stream.ts';
import type { Chronicle, Watch } from './chronicle.ts';
import { currentFrame } from './history/current-frame.ts';
import type { Frame } from './history/frame.ts';
import type { SampledRaces } from './history/race-memory.ts';
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

/** The proxy that viewers are told of, and how. */
export interface FeedSettings {
  readonly source: ManagedProxy;
  /** Knows what was before the first viewer came. */
  readonly chronicle: Chronicle;
  /** Gives the heading of the page at this moment. */
  readonly title: () => string;
  /** Whether the page may offer to drain and restore endpoints. */
  readonly allowActions: boolean;
}

/**
 * Tells all viewers what happens at a proxy. Only while somebody watches, the proxy is observed closely and a timer runs. A frame is written
 * as JSON once, whatever the number of viewers.
 */
export class Feed {
  readonly #settings: FeedSettings;
  readonly #viewers = new Set<Viewer>();
  #watch: Watch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #lastState = '';
  #lastSentAtMs = 0;

  constructor(settings: FeedSettings) {
    this.#settings = settings;
  }

  /** Whether another viewer may come. */
  get isOpen(): boolean {
    return !this.#isClosed && this.#viewers.size < maxViewers;
  }

  /** Streams frames to a response, whose head is set, until its client leaves. */
  add(stream: ServerResponse): void {
    if (isClientGone(stream)) return;
    const viewer = new Viewer(stream);
    const watch = this.#watch ?? this.#start();
    this.#viewers.add(viewer);
    stream.once('close', () => this.#remove(viewer));
    void watch.ready.then(() => this.#welcome(viewer));
  }

  /** Sends a frame to all viewers now, if there is anything new. */
  push(): void {
    const watch = this.#watch;
    if (!watch) return;
    const state = this.#stateOf(watch);
    const update = this.#updateTo(state, watch.history.races.take());
    for (const viewer of this.#viewers) {
      if (viewer.isBehind && viewer.isReady) viewer.send(everything(state, watch));
      else if (update !== undefined) viewer.send(update);
    }
  }

  /** Ends all streams. Nobody can watch any more. */
  close(): void {
    this.#isClosed = true;
    this.#settings.chronicle.close();
    for (const viewer of this.#viewers) {
      this.#remove(viewer);
      viewer.end();
    }
  }

  #start(): Watch {
    const watch = this.#settings.chronicle.watch();
    this.#watch = watch;
    // Not unref'd: as long as the timer runs, the connection of a viewer keeps the process alive anyway.
    this.#timer = setInterval(() => this.push(), tickMs);
    // The races of before are not fresh: the first frame has them.
    watch.history.races.take();
    return watch;
  }

  #remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    clearInterval(this.#timer);
    this.#watch?.end();
    this.#watch = undefined;
  }

  #welcome(viewer: Viewer): void {
    if (!this.#watch || !this.#viewers.has(viewer)) return;
    viewer.send(`retry: ${retryMs}\n\n${everything(this.#stateOf(this.#watch), this.#watch)}`);
  }

  /** The frame without its races, as the JSON text of an object. */
  #stateOf({ history }: Watch): string {
    const { source, title, allowActions } = this.#settings;
    return JSON.stringify(currentFrame(source, { history, title: title(), allowActions }));
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
}

/** The event for viewers who know nothing or have missed something, who may get a race twice. */
function everything(state: string, { history }: Watch): string {
  return dataOf(state, { races: history.races.latest, moreRaces: 0 });
}

function dataOf(state: string, { races, moreRaces }: SampledRaces): string {
  const rest: Pick<Frame, 'races' | 'moreRaces'> = { races, moreRaces };
  // The texts of two objects are made into one. A line end would end the data, but JSON has none.
  return `data: ${state.slice(0, -1)},${JSON.stringify(rest).slice(1)}\n\n`;
}
