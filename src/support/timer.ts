/** The longest time in milliseconds that `setTimeout` takes: a longer one fires after 1 ms. */
export const maxTimerMs = 2_147_483_647;

/**
 * Calls back after so many milliseconds, which may be more than a timer takes.
 * @returns the function that stops the timer.
 */
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

/**
 * Calls back after so many milliseconds, and after all that had come by then was read: a process that stood still for longer runs its
 * timers before it reads. Bytes and the end behind them are read in two turns of the event loop. Takes milliseconds as `setTimeout` does.
 * @returns the function that stops the timer.
 */
export function callAfterReading(ms: number, callback: () => void): () => void {
  let reading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    reading = setImmediate(() => (reading = setImmediate(callback)));
  }, ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(reading);
  };
}

/** Resolves after so many milliseconds, which may be more than a timer takes. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void callAfter(ms, resolve));
}

/** Gives the result of the work, or undefined when the work takes longer than so many milliseconds; 0 is no limit. */
export async function resultWithin<Result>(limitMs: number, work: () => Promise<Result>): Promise<Result | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = limitMs === 0 ? undefined : callAfter(limitMs, () => late.resolve(undefined));
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    cancel?.();
  }
}
