import { maxTimerMs } from '../../support/timer.ts';
import type { Environment } from '../flags/environment.ts';

/** The wishes of whoever supervises this process, such as systemd, which are in its variables. */
export interface Supervision {
  /** Whether there is somebody to tell. */
  readonly isWanted: boolean;
  /** Milliseconds within which a sign of life has to come; 0 where none is expected. */
  readonly watchdogMs: number;
}

/** The variables, which a child must not have: a message of a child's would count for this process. */
export const unsupervised = { NOTIFY_SOCKET: undefined, WATCHDOG_USEC: undefined, WATCHDOG_PID: undefined };

/** Reads the wishes that are meant for the process with this number. */
export function supervisionOf(environment: Environment, pid: number): Supervision {
  const { NOTIFY_SOCKET, WATCHDOG_USEC = '', WATCHDOG_PID } = environment;
  const isWanted = Boolean(NOTIFY_SOCKET);
  const isForUs = !WATCHDOG_PID || Number(WATCHDOG_PID) === pid;
  const watchdogMs = /^\d+$/.test(WATCHDOG_USEC) ? Math.min(Number(WATCHDOG_USEC) / 1_000, maxTimerMs) : 0;
  return { isWanted, watchdogMs: isWanted && isForUs ? watchdogMs : 0 };
}
