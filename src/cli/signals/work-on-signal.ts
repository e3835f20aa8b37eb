import type { SignalledProcess } from './signalled-process.ts';

/** Takes the work to do whenever a signal comes; a signal that has come before is not forgotten. */
export type GiveWork = (work: () => Promise<void>) => void;

/**
 * Watches for signals from now on. The work on them never overlaps: signals that come during it make it be done once more, so that the
 * last state of the files is always the one that counts.
 * @param until settles when signals are to be ignored from then on.
 */
export function watchForWork(
  signalled: SignalledProcess,
  signals: readonly NodeJS.Signals[],
  until?: Promise<unknown>,
): GiveWork {
  let work: (() => Promise<void>) | undefined;
  let isAsked = false;
  let isRunning = false;
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    while (isAsked && work) {
      isAsked = false;
      await work();
    }
    isRunning = false;
  };
  for (const signal of signals) {
    signalled.on(signal, () => {
      isAsked = true;
      void run();
    });
  }
  return (given) => {
    work = given;
    void run();
    void until?.then(() => {
      work = undefined;
    });
  };
}
