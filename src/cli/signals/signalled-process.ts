/** A process as far as its signals and its end are concerned. */
export interface SignalledProcess {
  /** Tells where there are which signals. */
  readonly platform: NodeJS.Platform;
  /** Takes a listener for a signal, which then no longer ends the process. */
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  /** Takes a listener for the very end. */
  on(event: 'exit', listener: () => void): unknown;
  /** Ends the process at once. */
  exit(code: number): unknown;
}
