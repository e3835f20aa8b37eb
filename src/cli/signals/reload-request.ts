/**
 * Watches for SIGHUP from now on. Reloads never overlap: what comes during one makes one more after it, so that the last
 * state of the files is always the one that counts. Windows has no such signal.
 * @param until from when on signals are ignored.
 * @returns what says how to reload; signals that come before are not forgotten.
 */
export function watchForReload({ until }: { readonly until: Promise<unknown> }): (reload: () => Promise<void>) => void {
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
  if (process.platform !== 'win32') {
    process.on('SIGHUP', () => {
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
