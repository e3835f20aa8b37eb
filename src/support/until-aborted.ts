/**
 * What a promise gives, unless the signal fires first: nobody waits for the user's functions longer than for the client.
 * @throws the signal's reason.
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

/** How long a promise is waited for, and what it means when that is too long. */
export interface Patience {
  readonly ms: number;
  readonly signal: AbortSignal;
  late(): Error;
}

/**
 * The same with a limit in milliseconds, which may be Infinity.
 * @throws what `late` gives when time runs out.
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
