import cluster, { type Worker } from 'node:cluster';
import type { DnsSnapshot } from '../../index.ts';
import { callAfter } from '../../support/timer.ts';
import { CommandError } from '../flags/command-error.ts';
import type { ToldLosses } from '../log/line-queue.ts';
import { unsupervised } from '../supervisor/supervision.ts';
import { type Answer, type Asked, type Report, type TaskName, type TaskOf, workerMark } from './messages.ts';
import type { PackedEvent } from './packed-events.ts';

/** Takes the reports that workers send without being asked. */
export interface Reports {
  /** Takes whole lines of the log. @param told is what these tell of lost ones. */
  onLog(text: string, told: ToldLosses): void;
  /** Takes events, while they are watched. */
  onEvents(events: readonly PackedEvent[]): void;
  /** Takes what DNS says to a worker. */
  onNames(names: readonly DnsSnapshot[], worker: WorkerHandle): void;
}

/** How a worker ended. */
export interface WorkerEnd {
  /** In words for the log. */
  readonly how: string;
  /** Whether it ended by itself, with nothing left to do. */
  readonly isGood: boolean;
}

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** A worker as the primary sees it. */
export class WorkerHandle {
  /** Counts all workers of this command, from 1. */
  readonly number: number;
  /** Resolves when the process is no more. */
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  /** The tasks that wait until the worker listens; undefined when it does. */
  #waiting: Array<TaskOf<TaskName>> | undefined = [];
  #taskCount = 0;

  /** Starts the process. @throws Error when there can be none: ENOMEM, ETXTBSY and others. */
  constructor(reports: Reports) {
    const worker = cluster.fork({ ...unsupervised, [workerMark]: '1' });
    this.number = worker.id;
    this.#worker = worker;
    worker.on('message', (report: Report) => this.#receive(report, reports));
    this.ended = new Promise((resolve) => {
      const end = (how: string, isGood = false): void => {
        for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new Error(`a worker ended ${how}`));
        resolve({ how, isGood });
      };
      worker.once('exit', (exitCode, signal) => {
        end(signal ? `by ${signal}` : `with exit code ${exitCode}`, exitCode === 0);
      });
      // The process could not even be started.
      worker.on('error', ({ message }) => end(`with ${message}`));
    });
  }

  /** The number of the process, unless it could not be started. */
  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /**
   * Gives the worker a task and resolves with the answer.
   * @throws CommandError when the worker cannot do it, another error when the worker ends before that.
   */
  ask<Name extends TaskName>(name: Name, asked: Asked<Name>): Promise<Answer<Name>> {
    const task: TaskOf<Name> = { id: ++this.#taskCount, name, asked };
    return new Promise((resolve, reject) => {
      this.#pending.set(task.id, { resolve, reject });
      if (this.#waiting) this.#waiting.push(task);
      else this.#send(task);
    });
  }

  /** Does the same for a limited time: resolves with undefined when there is no answer within `limitMs` milliseconds. */
  askInTime<Name extends TaskName>(name: Name, asked: Asked<Name>, limitMs: number): Promise<Answer<Name> | undefined> {
    const answer = this.ask(name, asked).catch(() => undefined);
    const id = this.#taskCount;
    const cancel = callAfter(limitMs, () => this.#settle(id)?.reject(new Error('no answer in time')));
    return answer.finally(cancel);
  }

  /** Gives the worker a task and waits for no answer. */
  tell<Name extends TaskName>(name: Name, asked: Asked<Name>): void {
    this.ask(name, asked).catch(() => {});
  }

  /** Ends the process at once, whatever is under way there. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #receive(report: Report, { onLog, onEvents, onNames }: Reports): void {
    if (report.type === 'listening') this.#sendWaiting();
    else if (report.type === 'log') onLog(report.text, report.told);
    else if (report.type === 'events') onEvents(report.events);
    else if (report.type === 'names') onNames(report.names, this);
    else if (report.type === 'answer') this.#settle(report.id)?.resolve(report.answer as never);
    else this.#settle(report.id)?.reject(new CommandError(report.exitCode, ...report.lines));
  }

  #sendWaiting(): void {
    for (const task of this.#waiting ?? []) this.#send(task);
    this.#waiting = undefined;
  }

  #send(task: TaskOf<TaskName>): void {
    this.#worker.send(task, (error) => error && this.#settle(task.id)?.reject(error));
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
