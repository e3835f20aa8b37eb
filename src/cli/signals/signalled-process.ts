/** A process as far as its signals and its end are concerned. */
export interface SignalledProcess {
  readonly platform: NodeJS.Platform;
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  on(event: 'exit', listener: () => void): unknown;
  exit(code: number): unknown;
}

/** Has the process go on whatever signals come. */
export function ignoreSignals(signalled: SignalledProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) signalled.on(signal, () => {});
}
