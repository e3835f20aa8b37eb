import { watchForReload } from './reload-request.ts';
import type { SignalledProcess } from './signalled-process.ts';
import { type StopRequest, watchForStop } from './stop-request.ts';

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
