import type { ObservedProxy } from '../../events/observed-proxy.ts';
import { History } from './history/history.ts';
import { toldAlways, toldToViewers } from './history/history-record.ts';

/** The time for which somebody watches. */
export interface Watch {
  /** What has happened, and happens. */
  readonly history: History;
  /** Resolves when the history has all that was before. */
  readonly ready: Promise<void>;
  /** Ends the watch. */
  end(): void;
}

/** Knows what has happened at a proxy before anybody watched. */
export interface Chronicle {
  /** Begins a watch; there is one at a time. */
  watch(): Watch;
  /** Ends it all: nothing is observed any more. */
  close(): void;
}

/** Observes a proxy of this process all the time: the ends of requests, and, while somebody watches, those of attempts. */
export class OwnChronicle implements Chronicle {
  /** All that has happened since this chronicle began. */
  readonly history = new History();
  readonly close: () => void;
  readonly #source: Pick<ObservedProxy, 'subscribe'>;

  constructor(source: Pick<ObservedProxy, 'subscribe'>) {
    this.#source = source;
    this.close = source.subscribe(this.history.observe, toldAlways);
  }

  watch(): Watch {
    const { history } = this;
    const unsubscribe = this.#source.subscribe(history.observe, toldToViewers);
    history.tellAttempts(true);
    const end = (): void => {
      unsubscribe();
      history.tellAttempts(false);
    };
    return { history, ready: Promise.resolve(), end };
  }
}
