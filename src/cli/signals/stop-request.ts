import { constants } from 'node:os';
import { callAfter } from '../../support/timer.ts';
import type { SignalledProcess } from './signalled-process.ts';

/** The request to stop, of which only the first counts. */
export interface StopRequest {
  /** Resolves with the reason, in words for the log, when the first one comes. */
  readonly reason: Promise<string>;
  /** Asks for a stop for a reason of the caller's. */
  stop(reason: string): void;
  /** Starts the time of `-stop-after`; 0 is never. */
  stopAfter(ms: number): void;
}

/** Milliseconds in which a repeated signal is an echo: npm passes on a signal that its whole group of processes gets. */
const echoMs = 500;

/** Watches for signals until the process ends. A second signal ends it at once, as whoever repeats it will not wait. */
export function watchForStop(signalled: SignalledProcess, signals: readonly NodeJS.Signals[]): StopRequest {
  const { promise, resolve } = Promise.withResolvers<string>();
  let signalledAtMs: number | undefined;
  for (const signal of signals) {
    signalled.on(signal, () => {
      const nowMs = performance.now();
      if (signalledAtMs === undefined) {
        signalledAtMs = nowMs;
        resolve(signal);
      } else if (nowMs - signalledAtMs >= echoMs) signalled.exit(128 + constants.signals[signal]);
    });
  }
  return {
    reason: promise,
    stop: resolve,
    stopAfter(ms) {
      if (ms > 0) void promise.then(callAfter(ms, () => resolve('-stop-after')));
    },
  };
}
