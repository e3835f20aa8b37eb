import type { AddressInfo } from 'node:net';
import type { EndpointSnapshot } from '../../index.ts';
import type { Configuration } from '../config/configuration.ts';
import type { ListenAddress } from '../flags/address.ts';
import type { PackedEvent } from './packed-events.ts';

/** What the primary asks of a worker. */
export interface Tasks {
  start(task: StartTask): AddressInfo;
  reload(configuration: Configuration): void;
  /** Tell every client with its next response to leave. */
  leave(): void;
  /** Accept no more connections. */
  refuse(): void;
  /** Send the last responses, and end. */
  finish(): LastWords;
  drain(endpoint: string): void;
  restore(endpoint: string): void;
  /** Whether events are to be reported. */
  watch(isWatched: boolean): void;
  state(): WorkerState;
  metrics(): readonly object[];
}

export type TaskName = keyof Tasks;
export type Asked<Name extends TaskName> = Parameters<Tasks[Name]>[0];
export type Answer<Name extends TaskName> = ReturnType<Tasks[Name]>;

/** With what a worker begins. */
export interface StartTask {
  readonly configuration: Configuration;
  readonly address: ListenAddress;
  /** The endpoints that somebody has drained. */
  readonly drained: readonly string[];
  readonly isWatched: boolean;
  readonly isLeaving: boolean;
}

/** What a worker knows of the endpoints. */
export interface WorkerState {
  readonly endpoints: readonly EndpointSnapshot[];
  readonly hedgesDenied: number;
}

/** What is left of a worker when it ends. */
export interface LastWords {
  readonly state: WorkerState;
  readonly metrics: readonly object[];
}

/** To a worker. */
export type Task = { readonly [Name in TaskName]: TaskOf<Name> }[TaskName];

export interface TaskOf<Name extends TaskName> {
  /** The answer carries the same one. */
  readonly id: number;
  readonly name: Name;
  readonly asked: Asked<Name>;
}

/** From a worker. */
export type Report =
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer<TaskName> }
  /** It could not do what it was asked; with what a CommandError is made of. */
  | { readonly type: 'problem'; readonly id: number; readonly exitCode: 1 | 2; readonly lines: readonly string[] }
  /** Whole lines of the log. */
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'events'; readonly events: readonly PackedEvent[] };

/** By this variable a process knows that it is a worker of ours, whoever else uses node:cluster (PM2). */
export const workerMark = 'BALANCING_REVERSE_PROXY_WORKER';
