import type { Endpoints } from '../../endpoints/endpoint-kind.ts';
import type { Load } from '../../load/load.ts';
import type { RunningProxy } from '../proxies/proxy.ts';
import type { Usage } from '../proxies/proxy-process.ts';
import type { Figure, Sample } from '../results/figures.ts';
import type { Settings } from '../works/flags.ts';
import type { Work } from '../works/works.ts';

/** The settings, endpoints and load generator that all measurements of a run share. */
export interface Bench {
  readonly settings: Settings;
  readonly endpoints: Endpoints;
  readonly load: Load;
}

/** A row that runs, for a kind to look at. */
export interface Subject {
  readonly proxy: RunningProxy;
  readonly work: Work;
  /** The CPU time and memory that the row had used when its warm-up was over. */
  readonly idle: Usage;
}

/** A way of measuring. */
export interface Kind {
  /** The columns of the table; the first one is what rows are compared by. */
  readonly columns: readonly Figure[];
  /** More rounds than these would take long and say little. */
  readonly maxRounds: number;
  /** Says how the run differs from the name of the work, such as `500 streams, because of --quick`. */
  note(settings: Settings): string | undefined;
  /** Uses the row until its code is compiled and its connections are open. Rejects when the row does not work. */
  warmUp(url: string, work: Work, settings: Settings): Promise<void>;
  /** Measures the row once. Rejects when the row does not work. */
  sample(subject: Subject, bench: Bench): Promise<Sample>;
}
