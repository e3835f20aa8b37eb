import { constants } from 'node:os';
import { maxTimerMs } from '../../support/timer.ts';

/** What may stop the command. */
export interface StopRequest {
  /** Resolves with the reason, in words for the log, when the first one comes. */
  readonly reason: Promise<string>;
  /** Asks for a stop for a reason of the caller's. */
  stop(reason: string): void;
  /** Starts the time of `-stop-after`; 0 is never. */
  stopAfter(ms: number): void;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** A signal that comes again so soon is the same one by another way: npm passes on what its whole group gets. */
const echoMs = 500;

/** Watches for signals until the process ends. The second one ends it at once: who repeats it will not wait. */
export function watchForStop(): StopRequest {
  const { promise, resolve } = Promise.withResolvers<string>();
  let signalledAtMs: number | undefined;
  for (const signal of signals) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (signalledAtMs === undefined) {
        signalledAtMs = nowMs;
        resolve(signal);
      } else if (nowMs - signalledAtMs >= echoMs) process.exit(128 + constants.signals[signal]);
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

/** A timer for any time. @returns what stops it. */
export function callAfter(ms: number, callback: () => void): () => void {
  const isLast = ms <= maxTimerMs;
  let cancel = (): void => clearTimeout(timer);
  const timer = setTimeout(
    () => {
      if (isLast) callback();
      else cancel = callAfter(ms - maxTimerMs, callback);
    },
    isLast ? ms : maxTimerMs,
  );
  return () => cancel();
}

/** Resolves after any time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void callAfter(ms, resolve));
}

/** What the work gives, or undefined when it was not done within this time; 0 is no limit. */
export async function within<Result>(limitMs: number, work: () => Promise<Result>): Promise<Result | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = limitMs === 0 ? undefined : callAfter(limitMs, () => late.resolve(undefined));
  const result = await Promise.race([work(), late.promise]);
  cancel?.();
  return result;
}
