/**
 * The result of a promise, unless the signal fires first: a user's function that never settles must not hold up the end of a request.
 * @throws the signal's reason when it fires first, else what the promise rejects with.
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: first, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  promise.then(resolve, reject);
  if (signal.aborted) onAbort();
  try {
    return await first;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** How long a promise is waited for. */
interface Patience {
  /** The limit in milliseconds, or Infinity. */
  readonly ms: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Gives the error for a promise that takes longer. */
  late(): Error;
}

/**
 * The result of a promise that settles within a limit.
 * @throws the error of `late` when the time is up; the signal's reason when it fires first; else what the promise rejects with.
 */
export async function settledInTime<T>(promise: Promise<T>, { ms, signal, late }: Patience): Promise<T> {
  const { promise: first, resolve, reject } = Promise.withResolvers<T>();
  const timer = ms < Infinity ? setTimeout(() => reject(late()), ms) : undefined;
  promise.then(resolve, reject);
  try {
    return await untilAborted(first, signal);
  } finally {
    clearTimeout(timer);
  }
}
