import cluster from 'node:cluster';
import type { Chronicle } from '../../observers/dashboard/chronicle.ts';
import { type Configuration, fixedEndpoints } from '../config/configuration.ts';
import { CommandError } from '../flags/command-error.ts';
import type { FlagValues } from '../flags/flags.ts';
import type { BoundAddress, ListenAddress } from '../flags/kinds/address.ts';
import type { LogSink } from '../log/log-sink.ts';
import { loadMetrics } from '../metrics/load-metrics.ts';
import { withFixedPort } from '../serve/address/listen.ts';
import type { LocalSettings } from '../serve/local-service.ts';
import type { Service } from '../serve/service.ts';
import { optionsAgainstDebugger } from '../signals/debugger.ts';
import type { Signals } from '../signals/signals.ts';
import { Crew } from './crew.ts';
import type { LastWords, StartTask } from './messages.ts';
import type { WorkerEnd, WorkerHandle } from './worker-handle.ts';
import { WorkersChronicle } from './workers-chronicle.ts';
import { WorkersMetrics } from './workers-metrics.ts';
import { WorkersNames } from './workers-names.ts';
import { WorkersSource } from './workers-source.ts';

interface WorkersSettings extends Omit<LocalSettings, 'worker'> {
  /** Writes lines that workers have made. */
  readonly write: LogSink['write'];
  readonly atExit: Signals['atExit'];
}

/** Refuses more than one process where this is a worker of somebody else's. @throws CommandError with exit code 2. */
export function refuseWorkersOfWorkers({ workers }: Pick<FlagValues, 'workers'>): void {
  if (cluster.isPrimary || workers === 1) return;
  throw new CommandError(2, 'flag -workers: expected 1 where node:cluster (PM2) makes this a worker already');
}

/**
 * Starts as many workers as `-workers` says.
 * @throws CommandError with exit code 2 where this process is a worker of somebody else's, 1 when there is no such address.
 */
export async function startWorkers(settings: WorkersSettings): Promise<Workers> {
  refuseWorkersOfWorkers(settings.configuration.values);
  // Workers accept by themselves. If this process dealt connections out, each would cost a message, and one that is on its way
  // to a worker that dies would hang until the client gives up (joyent/node 7006, nodejs/node 21746).
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // Options may have values that JSON does not have, such as Infinity.
  cluster.setupPrimary({
    serialization: 'advanced',
    execArgv: [...process.execArgv, ...optionsAgainstDebugger()],
  });
  // With port 0, node:cluster would choose another port when all workers have died.
  const metrics = settings.configuration.values.admin ? await loadMetrics() : undefined;
  const ownMetrics = metrics && metrics.problem === undefined ? metrics.processMetrics(0) : async () => [];
  return new Workers({ ...settings, address: await withFixedPort(settings.address), ownMetrics });
}

interface WorkersParts extends WorkersSettings {
  /** Reads the metrics of this process, which serves nobody. */
  readonly ownMetrics: () => Promise<readonly object[]>;
}

/** A service from workers, which are processes that share the address. This process only looks after them. */
class Workers implements Service {
  readonly source: WorkersSource;
  readonly ready: Promise<void>;
  readonly failed: Promise<never>;
  readonly #crew: Crew;
  readonly #metrics = new WorkersMetrics((dns) => this.#names.isFailing(dns));
  readonly #names: WorkersNames;
  readonly #lastWords = new WeakMap<WorkerHandle, LastWords>();
  readonly #address: ListenAddress;
  readonly #ownMetrics: () => Promise<readonly object[]>;
  #configuration: Configuration;
  #phase: 'serving' | 'leaving' | 'closing' = 'serving';
  #isCut = false;

  constructor({ configuration, address, onListening, log, write, atExit, ownMetrics }: WorkersParts) {
    this.#ownMetrics = ownMetrics;
    this.#configuration = configuration;
    this.#address = address;
    this.#names = new WorkersNames({ log, configured: () => this.#configuration.names });
    this.#crew = new Crew({
      log,
      atExit,
      timeoutMs: configuration.values['worker-timeout'],
      startTask: () => this.#startTask(),
      onReady: onListening,
      onLog: write,
      onEvents: (events) => this.source.report(events),
      onNames: (names, worker) => this.#names.report(names, worker),
      onEnded: (worker, end) => this.#onEnded(worker, end),
    });
    this.failed = this.#crew.failed;
    this.source = new WorkersSource({
      workers: this.#crew,
      endpoints: () => fixedEndpoints(this.#configuration),
      names: this.#names,
      isByDns: () => this.#configuration.names.length > 0,
    });
    this.ready = this.#crew.start(configuration.values.workers).then(() => this.source.refresh());
  }

  get bound(): BoundAddress {
    return this.#crew.bound;
  }

  get isReady(): boolean {
    return this.#crew.isReady;
  }

  get isAnswering(): boolean {
    return this.#crew.isAnswering;
  }

  chronicle(): Chronicle {
    return new WorkersChronicle(this.source);
  }

  refresh(): Promise<void> {
    return this.source.refresh();
  }

  get restarts(): Service['restarts'] {
    return this.#crew.restarts;
  }

  get processes(): number {
    return this.#crew.readyCount;
  }

  readonly metrics = async (): Promise<readonly object[]> => [
    ...(await this.#metrics.read(this.#crew)),
    await this.#ownMetrics(),
  ];

  async reload(configuration: Configuration): Promise<void> {
    this.#configuration = configuration;
    this.#names.forgetOthers();
    this.source.forgetOthers();
    await this.#crew.askAll('reload', configuration);
  }

  leave(): void {
    this.#phase = 'leaving';
    for (const worker of this.#crew) worker.tell('leave', undefined);
  }

  async refuse(): Promise<void> {
    this.#phase = 'closing';
    this.#crew.dismiss();
    // A worker that does not answer would keep the address open all alone, and clients would wait in its queue.
    await this.#crew.askAll('refuse', undefined, (worker) => worker.kill());
  }

  async finish(): Promise<boolean> {
    const finishOne = async (worker: WorkerHandle): Promise<void> => {
      const last = await worker.ask('finish', undefined).catch(() => undefined);
      if (last) this.#lastWords.set(worker, last);
      await worker.ended;
    };
    await Promise.all([...this.#crew].map(finishOne));
    return !this.#isCut;
  }

  async cut(): Promise<void> {
    await Promise.all([...this.#crew].map((worker) => worker.ask('cut', undefined).catch(() => {})));
  }

  #startTask(): StartTask {
    const { drained, isWatched } = this.source;
    const isLeaving = this.#phase === 'leaving';
    const { latest: names } = this.#names;
    return { configuration: this.#configuration, address: this.#address, drained, names, isWatched, isLeaving };
  }

  #onEnded(worker: WorkerHandle, { isGood, hadServed }: WorkerEnd & { readonly hadServed: boolean }): void {
    // The requests that the worker had in hand are lost.
    if (this.#phase === 'closing' && hadServed && !isGood) this.#isCut = true;
    const last = this.#lastWords.get(worker);
    this.#names.bury(worker);
    this.source.bury(worker, last?.state);
    this.#metrics.bury(worker, last?.metrics);
  }
}
