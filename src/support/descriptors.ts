import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';

/** The file descriptors of this process: each file, connection and listening server takes one. */
export class Descriptors {
  /** The most that may be open; undefined where nobody tells, as on other systems than Linux. */
  readonly limit: number | undefined;

  /** @param limit the most that may be open. @default the process's own limit */
  constructor(limit = limitOfProcess()) {
    this.limit = limit;
  }

  /**
   * Whether all are in use but these many, or fewer. The system gives the lowest number that is free: when that is near the limit, all
   * below are taken.
   */
  areDownTo(count: number): boolean {
    try {
      const lowestFree = openSync(devNull, 'r');
      closeSync(lowestFree);
      return this.limit !== undefined && lowestFree >= this.limit - count;
    } catch {
      return true;
    }
  }
}

function limitOfProcess(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
