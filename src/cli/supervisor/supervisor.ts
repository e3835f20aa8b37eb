import type { Environment } from '../flags/environment.ts';
import type { Log } from '../log/log.ts';
import { type Messages, Messenger } from './messenger.ts';
import { type Supervision, supervisionOf } from './supervision.ts';

/** Milliseconds that the supervisor adds to the time that a stop takes at most. */
const slackMs = 5_000;

interface Told {
  /** The state of the service in words, for `systemctl status`. */
  readonly status: string;
  /** Whether somebody answers requests, as far as is known. */
  readonly isAnswering: () => boolean;
}

/** The supervisor of an environment, which is told nothing where it does not want to be. */
export function supervisorOf(environment: Environment, log: Log): Supervisor {
  return new Supervisor(supervisionOf(environment, process.pid), new Messenger(log));
}

/**
 * Whoever has started this command and wants to be told how it does, by systemd's protocol sd_notify(3). A supervisor that hears of no
 * sign of life in time starts the command anew, so none is sent while nobody answers.
 */
export class Supervisor {
  readonly #supervision: Supervision;
  readonly #messages: Messages;
  #phase: 'starting' | 'serving' | 'stopping' = 'starting';
  #status = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(supervision: Supervision, messages: Messages) {
    this.#supervision = supervision;
    this.#messages = messages;
  }

  /** The service has begun. */
  begin({ status, isAnswering }: Told): void {
    const { watchdogMs } = this.#supervision;
    this.#phase = 'serving';
    this.#status = status;
    this.#tellReady();
    if (watchdogMs > 0) this.#timer = setInterval(() => this.#beat(isAnswering), watchdogMs / 2);
  }

  /** Makes a function that reloads, and tells of it. */
  telling(reload: () => Promise<void>): () => Promise<void> {
    return async () => {
      // By this clock the supervisor tells this reload from an earlier one.
      const clock = `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`;
      if (this.#phase === 'serving') this.#send('RELOADING=1', clock, 'STATUS=reloading');
      await reload();
      if (this.#phase === 'serving') this.#tellReady();
    };
  }

  /** The service has begun to stop. @param limitMs milliseconds that this takes at most; 0 is no limit of our own. */
  stop(limitMs: number): void {
    const extension = limitMs === 0 ? [] : [`EXTEND_TIMEOUT_USEC=${Math.round((limitMs + slackMs) * 1_000)}`];
    this.#phase = 'stopping';
    this.#send('STOPPING=1', ...extension, 'STATUS=finishing the requests in flight');
  }

  /** Resolves when the supervisor knows all that was to be told. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#messages.close();
  }

  #tellReady(): void {
    this.#send('READY=1', `STATUS=${this.#status}`);
  }

  #beat(isAnswering: () => boolean): void {
    // While stopping, this process has to live; one worker after the other ends.
    const isWell = this.#phase === 'stopping' || isAnswering();
    if (isWell && !this.#messages.isBusy) this.#send('WATCHDOG=1');
  }

  #send(...assignments: readonly string[]): void {
    if (this.#supervision.isWanted) this.#messages.send(assignments);
  }
}
