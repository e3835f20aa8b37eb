import type { DnsSnapshot, ManagedProxy } from '../../index.ts';
import type { HistoryRecord } from '../../observers/dashboard/history/history-record.ts';
import type { Configuration } from '../config/configuration.ts';
import type { BoundAddress, ListenAddress } from '../flags/kinds/address.ts';
import type { ToldLosses } from '../log/line-queue.ts';
import type { PackedEvent } from './packed-events.ts';

/** The tasks that the primary gives to a worker, as functions of what is asked that return the answer. */
interface Tasks {
  /** Answer, which a worker that hangs does not. */
  ping(): void;
  /** Begin to serve; the answer is the address. */
  start(task: StartTask): BoundAddress;
  /** Serve with another configuration from now on. */
  reload(configuration: Configuration): void;
  /** Tell every client with its next response to leave. */
  leave(): void;
  /** Accept no more connections. */
  refuse(): void;
  /** Send the last responses, and end. */
  finish(): LastWords;
  /** Cut the requests for whose responses `finish` still waits; answered when each has its line in the log. */
  cut(): void;
  /** Leave an endpoint out, now or as soon as DNS brings it. */
  drain(endpoint: string): void;
  /** Leave an endpoint out no longer. */
  restore(endpoint: string): void;
  /** Report the events that a dashboard needs from now on, or no longer; the answer is what was before, if the worker keeps it. */
  watch(isWatched: boolean): HistoryRecord | undefined;
  /** Tell of the endpoints. */
  state(): WorkerState;
  /** Tell the counts for Prometheus. */
  metrics(): readonly object[];
}

/** The name of a task. */
export type TaskName = keyof Tasks;
/** The data that a worker gets with a task. */
export type Asked<Name extends TaskName> = Parameters<Tasks[Name]>[0];
/** The data that a worker gives when it has carried out a task. */
export type Answer<Name extends TaskName> = ReturnType<Tasks[Name]>;

/** The first task of a worker, which includes all that other workers have been asked before. */
export interface StartTask {
  /** The configuration to serve with. */
  readonly configuration: Configuration;
  /** The address to share with the other workers. */
  readonly address: ListenAddress;
  /** The endpoints that somebody has drained. */
  readonly drained: readonly string[];
  /** What workers have learned of DNS. */
  readonly names: readonly DnsSnapshot[];
  /** Whether events are to be reported. */
  readonly isWatched: boolean;
  /** Whether every client is to be told to leave. */
  readonly isLeaving: boolean;
}

/** The endpoints, those that DNS gives no longer included, and the used-up budgets as a worker knows them, with the counts of this worker alone. */
export type WorkerState = Pick<ManagedProxy, 'endpoints' | 'hedgesDenied'>;

/** The counts that a worker leaves when it ends. */
export interface LastWords {
  /** The last state of the endpoints. */
  readonly state: WorkerState;
  /** The last counts for Prometheus. */
  readonly metrics: readonly object[];
}

/** A message to a worker. */
export type Task = { readonly [Name in TaskName]: TaskOf<Name> }[TaskName];

/** A task of one name. */
export interface TaskOf<Name extends TaskName> {
  /** The answer carries the same number. */
  readonly id: number;
  /** Says what to do. */
  readonly name: Name;
  /** Says with what. */
  readonly asked: Asked<Name>;
}

/** A message from a worker. */
export type Report =
  /** The worker takes tasks from now on. */
  | { readonly type: 'listening' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer<TaskName> }
  /** The task could not be carried out; with the parts of a CommandError. */
  | { readonly type: 'problem'; readonly id: number; readonly exitCode: 1 | 2; readonly lines: readonly string[] }
  /** Whole lines of the log, and what these tell of lost ones. */
  | { readonly type: 'log'; readonly text: string; readonly told: ToldLosses }
  /** The names that DNS is asked for: it gives other addresses for one, or fails, or answers again. */
  | { readonly type: 'names'; readonly names: readonly DnsSnapshot[] }
  | { readonly type: 'events'; readonly events: readonly PackedEvent[] };

/** The variable by which a process knows that it is a worker of ours, because others, such as PM2, use node:cluster, too. */
export const workerMark = 'BALANCING_REVERSE_PROXY_WORKER';
