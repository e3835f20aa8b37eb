import type { Chronicle, Watch } from '../../observers/dashboard/chronicle.ts';
import { History } from '../../observers/dashboard/history/history.ts';
import { toldWhileWatched } from '../../observers/dashboard/history/history-record.ts';
import type { WorkersSource } from './workers-source.ts';

/** Knows what has happened at all workers: each one remembers by itself, and tells when somebody begins to watch. */
export class WorkersChronicle implements Chronicle {
  readonly #source: WorkersSource;

  constructor(source: WorkersSource) {
    this.#source = source;
  }

  watch(): Watch {
    const history = new History();
    const end = this.#source.subscribe(history.observe, toldWhileWatched);
    history.tellAttempts(true);
    const ready = this.#source.records.then((records) => {
      for (const record of records) history.add(record);
    });
    return { history, ready, end };
  }

  close(): void {}
}
