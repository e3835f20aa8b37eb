import { watchForReload } from './reload-request.ts';
import { type StopRequest, watchForStop } from './stop-request.ts';

/** What the signals to this process ask for. */
export interface Signals {
  readonly stopRequest: StopRequest;
  /** Takes what reloads; see {@link watchForReload}. */
  readonly reloadBy: (reload: () => Promise<void>) => void;
}

/**
 * Watches for signals from now on, which should be early: before, SIGHUP ends the process, and the first process of a
 * container never hears of SIGTERM.
 */
export function watchSignals(): Signals {
  const stopRequest = watchForStop();
  return { stopRequest, reloadBy: watchForReload({ until: stopRequest.reason }) };
}

/** Has this process go on whatever signals come. */
export function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}
