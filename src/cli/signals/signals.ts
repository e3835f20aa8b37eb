import type { SignalledProcess } from './signalled-process.ts';
import { type StopRequest, watchForStop } from './stop-request.ts';
import { type GiveWork, watchForWork } from './work-on-signal.ts';

/** The wishes of whoever sends signals to the process. */
export interface Signals {
  /** The first request to stop, by a signal or otherwise. */
  readonly stopRequest: StopRequest;
  /** Takes the function that reloads, on SIGHUP; once the stop has begun, there is nothing to reload. */
  readonly reloadBy: GiveWork;
  /** Takes the function that opens the log anew, on SIGUSR1, for as long as there is a log. */
  readonly reopenBy: GiveWork;
  /** Takes a function that is called when the process ends, in whatever way; nothing asynchronous happens any more. */
  readonly atExit: (callback: () => void) => void;
}

/**
 * The meaning of each signal. Without a listener each of them would end the process, but for SIGUSR1, on which Node opens its debugger to
 * everybody on the machine. SIGPIPE has no listener, as Node ignores it.
 */
export const signalMeanings = {
  SIGTERM: 'stop',
  SIGINT: 'stop',
  SIGQUIT: 'stop',
  SIGHUP: 'reload',
  SIGUSR1: 'reopen',
  SIGUSR2: 'ignore',
} as const satisfies { readonly [Name in NodeJS.Signals]?: string };

type Meaning = (typeof signalMeanings)[keyof typeof signalMeanings];

/** The only signals that Windows knows: it has others by name, SIGHUP among them, for things of its own. */
const onWindows: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGINT']);

/** The signals with a meaning that a process can get. */
function signalsThat(meaning: Meaning, { platform }: SignalledProcess): readonly NodeJS.Signals[] {
  return (Object.keys(signalMeanings) as Array<keyof typeof signalMeanings>).filter(
    (signal) => signalMeanings[signal] === meaning && (platform !== 'win32' || onWindows.has(signal)),
  );
}

/**
 * Watches for signals from now on. Whoever does so late takes a risk: until then SIGHUP ends the process, SIGUSR1 opens the debugger, and
 * the first process of a container never hears of SIGTERM.
 */
export function watchSignals(signalled: SignalledProcess): Signals {
  const stopRequest = watchForStop(signalled, signalsThat('stop', signalled));
  for (const signal of signalsThat('ignore', signalled)) signalled.on(signal, () => {});
  return {
    stopRequest,
    reloadBy: watchForWork(signalled, signalsThat('reload', signalled), stopRequest.reason),
    reopenBy: watchForWork(signalled, signalsThat('reopen', signalled)),
    atExit: (callback) => void signalled.on('exit', callback),
  };
}

/** Has the process go on whatever signals come. */
export function ignoreSignals(signalled: SignalledProcess): void {
  for (const signal of Object.keys(signalMeanings) as NodeJS.Signals[]) signalled.on(signal, () => {});
}
