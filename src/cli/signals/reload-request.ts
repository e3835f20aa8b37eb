import type { SignalledProcess } from './signalled-process.ts';

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
