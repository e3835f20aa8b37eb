import { pause, resultWithin } from '../../support/timer.ts';
import { CommandError } from '../flags/command-error.ts';
import type { BoundAddress } from '../flags/kinds/address.ts';
import { formatDuration } from '../flags/kinds/duration.ts';
import type { Log } from '../log/log.ts';
import type { Signals } from '../signals/signals.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Asked, StartTask, TaskName } from './messages.ts';
import { hopeless, Restarts } from './restarts.ts';
import { type Reports, type WorkerEnd, WorkerHandle } from './worker-handle.ts';

/** Milliseconds that all wait for one worker that does not answer. */
const patienceMs = 5_000;

interface CrewSettings extends Reports {
  readonly log: Log;
  readonly atExit: Signals['atExit'];
  /** Milliseconds after which a worker that gives no sign of life hangs; 0 is never. */
  readonly timeoutMs: number;
  /** Makes the first task of a worker that starts now. */
  readonly startTask: () => StartTask;
  /** Is told whenever a worker has begun to serve. */
  readonly onReady: (() => void) | undefined;
  /** Is told of every worker that is no more, and whether that worker had served. */
  onEnded(worker: WorkerHandle, end: WorkerEnd & { readonly hadServed: boolean }): void;
}

/** The processes that serve. A process that ends is replaced by another, as long as there is hope that one can serve. */
export class Crew implements Iterable<WorkerHandle> {
  /** Rejects with a CommandError when there is no hope left. */
  readonly failed: Promise<never>;
  /** How many workers were replaced so far because they had ended by themselves, or were ended because they hung. */
  readonly restarts: Record<'ended' | 'hung', number> = { ended: 0, hung: 0 };
  readonly #fail: (error: Error) => void;
  readonly #settings: CrewSettings;
  readonly #workers = new Set<WorkerHandle>();
  readonly #ready = new Set<WorkerHandle>();
  readonly #hung = new WeakSet<WorkerHandle>();
  readonly #heartbeat: Heartbeat<WorkerHandle>;
  readonly #firstReady = Promise.withResolvers<void>();
  #bound: BoundAddress | undefined;
  #isDismissed = false;

  constructor(settings: CrewSettings) {
    this.#settings = settings;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.#fail = reject;
    // The rejection of a promise for which nobody waits would end the process.
    promise.catch(() => {});
    this.#heartbeat = new Heartbeat({
      ...settings,
      workers: this.#workers,
      onHung: (worker, silentMs) => this.#endHung(worker, silentMs),
    });
    // A process that ends at once takes its workers along; in a proper end there are none left.
    settings.atExit(() => {
      for (const worker of this.#workers) worker.kill();
    });
  }

  /** The workers that live, ready or not. */
  [Symbol.iterator](): Iterator<WorkerHandle> {
    return this.#workers.values();
  }

  /** The address at which the workers listen. @throws Error while none was ready yet. */
  get bound(): BoundAddress {
    if (!this.#bound) throw new Error('no worker was ready yet');
    return this.#bound;
  }

  /** The number of workers that serve. */
  get readyCount(): number {
    return this.#ready.size;
  }

  /** Whether a worker serves. */
  get isReady(): boolean {
    return this.#ready.size > 0;
  }

  /** Whether a worker serves that does not hang, as far as is known. */
  get isAnswering(): boolean {
    return [...this.#ready].some((worker) => this.#heartbeat.isAlive(worker));
  }

  /** Resolves when this many workers serve, or when some do and the others have failed or let everybody wait. */
  async start(count: number): Promise<void> {
    const places = Array.from({ length: count }, () => this.#fillPlace());
    await this.#firstReady.promise;
    await resultWithin(patienceMs, () => Promise.all(places));
  }

  /** Replaces no worker any more. */
  dismiss(): void {
    this.#isDismissed = true;
  }

  /**
   * Gives all workers the same task. A worker that ends before it has heard of the task leaves it to its successor, whose
   * first task includes it.
   * @param onLate is told of a worker that does not answer in time, but may carry out the task later.
   * @throws CommandError when a worker cannot do it.
   */
  async askAll<Name extends TaskName>(
    name: Name,
    asked: Asked<Name>,
    onLate: (worker: WorkerHandle) => void = () => {},
  ): Promise<void> {
    const ask = async (worker: WorkerHandle): Promise<void> => {
      if (await resultWithin(patienceMs, () => worker.ask(name, asked).then(() => true))) return;
      this.#settings.log('error', `worker ${worker.number} does not answer to ${name}`, { worker: worker.number });
      onLate(worker);
    };
    const answers = await Promise.allSettled([...this].map(ask));
    for (const answer of answers) {
      if (answer.status === 'rejected' && answer.reason instanceof CommandError) throw answer.reason;
    }
  }

  /** Keeps a worker in one place, one after the other if need be. Resolves when the first worker serves or has failed. */
  async #fillPlace(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#keepPlace(resolve).catch(this.#fail);
    await promise;
  }

  async #keepPlace(onTried: () => void): Promise<void> {
    const restarts = new Restarts();
    while (!this.#isDismissed) {
      const startedAtMs = performance.now();
      const worker = this.#spawn();
      if (worker instanceof Error) {
        const delayMs = restarts.ended({ wasReady: false, lastedMs: 0 });
        if (restarts.isHopeless && !this.isReady) throw hopeless({ how: `with ${worker.message}` });
        this.#settings.log('error', `a worker cannot be started: ${worker.message}`);
        onTried();
        await pause(delayMs);
        continue;
      }
      const wasReady = await this.#prepare(worker);
      onTried();
      const end = await worker.ended;
      this.#workers.delete(worker);
      this.#ready.delete(worker);
      this.#settings.onEnded(worker, { ...end, hadServed: wasReady });
      const delayMs = restarts.ended({ wasReady, lastedMs: performance.now() - startedAtMs });
      if (restarts.isHopeless && !this.isReady) throw hopeless(end);
      if (!this.#isDismissed) await this.#announceNext(worker, { ...end, delayMs });
    }
  }

  /** Starts a process. @returns the error that spawn() throws when there can be none: ENOMEM, ETXTBSY and others. */
  #spawn(): WorkerHandle | Error {
    try {
      const worker = new WorkerHandle(this.#settings);
      this.#workers.add(worker);
      return worker;
    } catch (error) {
      return error as Error;
    }
  }

  /** Has a worker begin. @returns whether it did. @throws CommandError when no worker ever will. */
  async #prepare(worker: WorkerHandle): Promise<boolean> {
    const { number, pid } = worker;
    try {
      const bound = await worker.ask('start', this.#settings.startTask());
      this.#settings.onReady?.();
      this.#bound = bound;
    } catch (error) {
      // Before the first worker serves, the user of the command has to hear of the error, such as of a port in use.
      if (error instanceof CommandError && !this.#bound) throw error;
      if (error instanceof CommandError) this.#settings.log('error', `worker ${number}: ${error.message}`);
      return false;
    }
    this.#ready.add(worker);
    this.#firstReady.resolve();
    this.#settings.log('info', `worker ${number} is ready (process ${pid})`, { worker: number, pid });
    return true;
  }

  #endHung(worker: WorkerHandle, silentMs: number): void {
    const { number, pid } = worker;
    const what = `worker ${number} (process ${pid}) has not answered for ${formatDuration(silentMs)} and is ended`;
    this.#settings.log('error', what, { worker: number, pid });
    this.#hung.add(worker);
    worker.kill();
  }

  async #announceNext(worker: WorkerHandle, { how, delayMs }: WorkerEnd & { readonly delayMs: number }): Promise<void> {
    const { number } = worker;
    this.restarts[this.#hung.has(worker) ? 'hung' : 'ended']++;
    const next = delayMs === 0 ? 'at once' : `in ${formatDuration(delayMs)}`;
    this.#settings.log('error', `worker ${number} ended ${how}; another one starts ${next}`, { worker: number });
    await pause(delayMs);
  }
}
