import { constants } from 'node:os';
import { callAfter } from '../../support/timer.ts';

/** A process as far as its signals and its end are concerned. */
interface SignalledProcess {
  /** Tells where there are which signals. */
  readonly platform: NodeJS.Platform;
  /** Takes a listener for a signal, which then no longer ends the process. */
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  /** Takes a listener for the very end. */
  on(event: 'exit', listener: () => void): unknown;
  /** Ends the process at once. */
  exit(code: number): unknown;
}

/** The request to stop, of which only the first counts. */
interface StopRequest {
  /** Resolves with the reason, in words for the log, when the first one comes. */
  readonly reason: Promise<string>;
  /** Asks for a stop for a reason of the caller's. */
  stop(reason: string): void;
  /** Starts the time of `-stop-after`; 0 is never. */
  stopAfter(ms: number): void;
}

/** The wishes of whoever sends signals to the process. */
export interface Signals {
  /** The first request to stop, by a signal or otherwise. */
  readonly stopRequest: StopRequest;
  /** Takes the function that reloads; see {@link watchForReload}. */
  readonly reloadBy: (reload: () => Promise<void>) => void;
  /** Takes a function that is called when the process ends, in whatever way; nothing asynchronous happens any more. */
  readonly atExit: (callback: () => void) => void;
}

/**
 * Watches for signals from now on. Whoever does so late takes a risk: until then SIGHUP ends the process, and the first
 * process of a container never hears of SIGTERM.
 */
export function watchSignals(signalled: SignalledProcess): Signals {
  const stopRequest = watchForStop(signalled);
  return {
    stopRequest,
    reloadBy: watchForReload(signalled, stopRequest.reason),
    atExit: (callback) => void signalled.on('exit', callback),
  };
}

/** Has the process go on whatever signals come. */
export function ignoreSignals(signalled: SignalledProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) signalled.on(signal, () => {});
}

/** The signals that ask for a stop. */
const stopSignals = ['SIGINT', 'SIGTERM'] as const;

/** Milliseconds in which a repeated signal is an echo: npm passes on a signal that its whole group of processes gets. */
const echoMs = 500;

/** Watches for signals until the process ends. A second signal ends it at once, as whoever repeats it will not wait. */
function watchForStop(signalled: SignalledProcess): StopRequest {
  const { promise, resolve } = Promise.withResolvers<string>();
  let signalledAtMs: number | undefined;
  for (const signal of stopSignals) {
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

/**
 * Watches for SIGHUP from now on. Reloads never overlap: signals that come during one make one more after it, so that the
 * last state of the files is always the one that counts. Windows has no such signal.
 * @param until settles when signals are to be ignored from then on.
 * @returns a function that takes how to reload; signals that come before it is called are not forgotten.
 */
export function watchForReload(
  signalled: SignalledProcess,
  until: Promise<unknown>,
): (reload: () => Promise<void>) => void {
  let reload: (() => Promise<void>) | undefined;
  let isAsked = false;
  let isRunning = false;
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    while (isAsked && reload) {
      isAsked = false;
      await reload();
    }
    isRunning = false;
  };
  if (signalled.platform !== 'win32') {
    signalled.on('SIGHUP', () => {
      isAsked = true;
      void run();
    });
  }
  return (given) => {
    reload = given;
    void run();
    void until.then(() => {
      reload = undefined;
    });
  };
}
