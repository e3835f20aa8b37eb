import cluster from 'node:cluster';
import type { DnsSnapshot } from '../../index.ts';
import { OwnChronicle } from '../../observers/dashboard/chronicle.ts';
import { type HistoryRecord, toldWhileWatched } from '../../observers/dashboard/history/history-record.ts';
import { resultWithin } from '../../support/timer.ts';
import { CommandError } from '../flags/command-error.ts';
import type { BoundAddress } from '../flags/kinds/address.ts';
import { createLog, formatOf, lossLine } from '../log/log.ts';
import { ownMetric } from '../metrics/own-metrics.ts';
import { type LocalService, startLocally } from '../serve/local-service.ts';
import type { Answer, StartTask, Task, TaskName, WorkerState } from './messages.ts';
import { Outbox, type Primary } from './outbox.ts';

/**
 * Serves as one of the workers, and carries out the primary's tasks.
 * @returns the exit code, when there is nothing left to do.
 */
export function work(primary: Primary): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const worker = new WorkerProcess(primary, resolve);
  primary.on('message', (task: Task) => void worker.obey(task));
  worker.begin();
  cluster.worker?.once('disconnect', () => {
    // Without this, node:cluster ends the process at once, whatever is under way.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    void worker.finishAlone();
  });
  return promise;
}

/** This process, as one of the workers. */
class WorkerProcess {
  readonly #outbox: Outbox;
  readonly #end: (exitCode: number) => void;
  readonly #service = Promise.withResolvers<LocalService>();
  #shutdownTimeoutMs = 0;
  #isServing = false;
  #unsubscribe: (() => void) | undefined;
  /** Remembers the last requests for the dashboard, if there is one. */
  #chronicle: OwnChronicle | undefined;

  constructor(primary: Primary, end: (exitCode: number) => void) {
    this.#outbox = new Outbox(primary);
    this.#end = end;
    // The primary hears of the rejection in the answer to its first task.
    this.#service.promise.catch(() => {});
  }

  /** Asks for tasks: Node drops a message that comes while code is still being loaded, and nobody listens yet. */
  begin(): void {
    void this.#outbox.send({ type: 'listening' });
  }

  /** Carries out a task and sends the answer. */
  async obey(task: Task): Promise<void> {
    const { id, name } = task;
    try {
      const answer = name === 'start' ? await this.#start(task.asked) : await this.#carryOut(task);
      await this.#outbox.send({ type: 'answer', id, answer });
      if (name === 'finish') this.#end(0);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      await this.#outbox.send({ type: 'problem', id, exitCode: error.exitCode, lines: error.lines });
      if (name === 'start') this.#end(error.exitCode);
    }
  }

  /** Finishes the requests in flight and ends, when the primary is no more. */
  async finishAlone(): Promise<void> {
    // Nobody but the primary can let a worker listen.
    if (!this.#isServing) return this.#end(1);
    const isWhole = await resultWithin(this.#shutdownTimeoutMs, async () => {
      const service = await this.#service.promise;
      await service.refuse();
      return service.finish();
    });
    this.#end(isWhole ? 0 : 1);
  }

  async #start({ configuration, address, drained, names, isWatched, isLeaving }: StartTask): Promise<BoundAddress> {
    const { values } = configuration;
    this.#shutdownTimeoutMs = values['shutdown-timeout'];
    const worker = cluster.worker?.id ?? 0;
    const format = formatOf(values);
    const write = this.#outbox.openLog((loss) =>
      lossLine(format, loss, `the primary did not take them from worker ${worker}`),
    );
    const log = createLog(format, write, values['log-level']);
    const onNames = (now: readonly DnsSnapshot[]) => void this.#outbox.send({ type: 'names', names: now });
    const service = await startLocally({ configuration, address, log, worker, names, onNames, drained });
    if (isLeaving) service.leave();
    if (values.admin) this.#chronicle = new OwnChronicle(service.source);
    this.#watch(service, isWatched);
    this.#isServing = true;
    this.#service.resolve(service);
    return service.bound;
  }

  /** Carries out any task but the first, for whose end it waits. */
  async #carryOut(task: Exclude<Task, { readonly name: 'start' }>): Promise<Answer<TaskName>> {
    // Before the service has begun, too: a worker that takes its time with that does not hang.
    if (task.name === 'ping') return;
    const service = await this.#service.promise;
    switch (task.name) {
      case 'reload':
        return service.reload(task.asked);
      case 'leave':
        return service.leave();
      case 'refuse':
        return service.refuse();
      case 'finish':
        await service.finish();
        return { state: stateOf(service), metrics: await this.#metricsOf(service) };
      case 'cut':
        return service.cut();
      case 'drain':
        return service.source.drainWhenever(task.asked);
      case 'restore':
        return void service.source.restore(task.asked);
      case 'watch':
        return this.#watch(service, task.asked);
      case 'state':
        return stateOf(service);
      case 'metrics':
        return this.#metricsOf(service);
    }
  }

  /** The counts of the service, with the lines that this process has lost: the primary counts those that it loses itself. */
  async #metricsOf(service: LocalService): Promise<readonly object[]> {
    return [...(await service.metrics()), [ownMetric('log_lines_lost_total', this.#outbox.linesLost)]];
  }

  #watch({ source }: LocalService, isWatched: boolean): HistoryRecord | undefined {
    this.#unsubscribe?.();
    // The record has them: a page that is loaded again would show them twice.
    this.#outbox.forgetEvents();
    this.#unsubscribe = isWatched ? source.subscribe(this.#outbox.event, toldWhileWatched) : undefined;
    return isWatched ? this.#chronicle?.history.record : undefined;
  }
}

function stateOf({ source: { counted, hedgesDenied } }: LocalService): WorkerState {
  return { endpoints: counted, hedgesDenied };
}
