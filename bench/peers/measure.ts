import { pickUrls } from '../endpoints/endpoints.ts';
import { download } from './kinds/download.ts';
import type { Bench, Kind, Subject } from './kinds/kind.ts';
import { streams } from './kinds/streams.ts';
import { underLoad } from './kinds/under-load.ts';
import { type RunningProxy, startProxy } from './proxies/proxy.ts';
import { mediansOf, type Sample } from './results/figures.ts';
import type { RowResult, WorkResult } from './results/results.ts';
import type { RowSettings } from './rows/parts/row.ts';
import type { RowName } from './rows/rows.ts';
import type { Work } from './works/works.ts';

/** How each kind of work is measured. */
export const kinds: Readonly<Record<Work['kind'], Kind>> = { load: underLoad, download, streams };

/** Measures all rows of a work in turns: what disturbs the machine for a while then disturbs all of them alike. */
export async function measureWork(work: Work, bench: Bench, ca: string): Promise<WorkResult> {
  const kind = kinds[work.kind];
  const runs = work.rows.map((row) => new RowRun(row));
  await Promise.all(runs.map((run) => run.start(work, bench, ca)));
  for (const run of runs) await run.warmUp(work, bench);
  const rounds = Math.min(kind.maxRounds, bench.settings.rounds);
  for (let round = 0; round < rounds; round++) {
    for (const run of rotate(runs, round)) await run.sample(bench, round);
  }
  for (const run of runs) run.stop();
  const note = kind.note(bench.settings);
  return { work: work.name, ...(note !== undefined && { note }), rows: runs.map((run) => run.result()) };
}

/** The same list begun at another place, so that no row always follows the same one. */
function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % Math.max(1, list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

function describe(error: unknown): string {
  return (error as Error).message;
}

/**
 * One row within one work. The row runs in several processes, which are sampled in turns, because V8 compiles a program and
 * sizes its heap differently from one process to the next, by up to a third. A failure ends this row, but no other one.
 */
class RowRun {
  readonly #row: RowName;
  readonly #samples: Sample[] = [];
  #proxies: readonly RunningProxy[] = [];
  #subjects: readonly Subject[] = [];
  #problem: string | undefined;

  constructor(row: RowName) {
    this.#row = row;
  }

  async start(work: Work, { endpoints, settings: { processes } }: Bench, ca: string): Promise<void> {
    const { strategy = 'race' } = work;
    const settings: RowSettings = { endpoints: pickUrls(endpoints, work.endpoints), strategy, ca };
    const start = { row: this.#row, settings };
    await this.#try(async () => {
      const count = Math.min(processes, kinds[work.kind].maxRounds);
      this.#proxies = await Promise.all(Array.from({ length: count }, () => startProxy(start)));
    });
  }

  async warmUp(work: Work, { settings }: Bench): Promise<void> {
    for (const proxy of this.#proxies) {
      await this.#try(async () => {
        await kinds[work.kind].warmUp(proxy.url, work, settings);
        this.#subjects = [...this.#subjects, { proxy, work, idle: await proxy.usage() }];
      });
    }
  }

  async sample(bench: Bench, round: number): Promise<void> {
    const subject = this.#subjects[round % this.#subjects.length];
    if (subject === undefined || this.#problem !== undefined) return;
    await this.#try(async () => {
      this.#samples.push(await kinds[subject.work.kind].sample(subject, bench));
    });
  }

  stop(): void {
    for (const proxy of this.#proxies) proxy.stop();
  }

  result(): RowResult {
    const problem = this.#problem === undefined ? {} : { problem: this.#problem };
    return { row: this.#row, figures: mediansOf(this.#samples), rounds: this.#samples, ...problem };
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      // The clients of a proxy that has crashed know only that the connection was reset; its stderr knows why.
      const crashes = await Promise.allSettled(this.#proxies.map((proxy) => proxy.usage()));
      const crash = crashes.find(({ status }) => status === 'rejected');
      this.#problem = describe(crash?.status === 'rejected' ? crash.reason : error);
    }
  }
}
