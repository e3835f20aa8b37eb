import type { WorkerHandle } from './worker-handle.ts';

/** Milliseconds between two questions at most; within the time that a worker has, there are ten of them at least. */
const maxBeatMs = 1_000;
const minBeats = 10;

/** A worker that starts, and so has never answered, has so many times the time: it loads its code, with others doing the same. */
const startFactor = 6;

/** A worker that has left so many questions in a row without an answer cannot be counted on. */
const doubtfulAfter = 5;

interface HeartbeatSettings<Worker> {
  /** The workers to ask, as there are at each time. */
  readonly workers: Iterable<Worker>;
  /** Milliseconds for which a worker may give no sign of life; 0 is for ever. */
  readonly timeoutMs: number;
  /** Is told, once, of each worker that hangs, and for how many milliseconds that has given no sign of life. */
  onHung(worker: Worker, silentMs: number): void;
}

interface Pulse {
  /** Questions that went by without an answer to the last one. */
  missed: number;
  isAsked: boolean;
  hasAnswered: boolean;
}

/**
 * Finds workers that hang. Time is counted in questions that this process has come to ask, not in seconds on the clock: where the
 * machine was asleep, the container paused or this process itself held up, the workers could not answer either, and none is to blame.
 */
export class Heartbeat<Worker extends Pick<WorkerHandle, 'ask'>> {
  readonly #settings: HeartbeatSettings<Worker>;
  readonly #beatMs: number;
  readonly #maxMissed: number;
  readonly #pulses = new WeakMap<Worker, Pulse>();

  constructor(settings: HeartbeatSettings<Worker>) {
    const { timeoutMs } = settings;
    this.#settings = settings;
    this.#beatMs = Math.min(timeoutMs / minBeats, maxBeatMs);
    this.#maxMissed = Math.round(timeoutMs / this.#beatMs);
    // The workers keep this process, not the questions to them.
    if (timeoutMs > 0) setInterval(() => this.#beat(), this.#beatMs).unref();
  }

  /** Whether the worker answers, as far as is known. */
  isAlive(worker: Worker): boolean {
    return (this.#pulses.get(worker)?.missed ?? 0) < doubtfulAfter;
  }

  #beat(): void {
    for (const worker of this.#settings.workers) {
      const pulse = this.#pulseOf(worker);
      // One question at a time: what is sent to a process that stands still piles up.
      if (pulse.isAsked) this.#miss(worker, pulse);
      else this.#ask(worker, pulse);
    }
  }

  #pulseOf(worker: Worker): Pulse {
    const pulse = this.#pulses.get(worker) ?? { missed: 0, isAsked: false, hasAnswered: false };
    this.#pulses.set(worker, pulse);
    return pulse;
  }

  #ask(worker: Worker, pulse: Pulse): void {
    pulse.isAsked = true;
    const onAnswer = (): void => {
      pulse.isAsked = false;
      pulse.missed = 0;
      pulse.hasAnswered = true;
    };
    // One that ends instead of an answer is asked no more.
    worker.ask('ping', undefined).then(onAnswer, () => {});
  }

  #miss(worker: Worker, pulse: Pulse): void {
    pulse.missed++;
    const maxMissed = this.#maxMissed * (pulse.hasAnswered ? 1 : startFactor);
    if (pulse.missed === maxMissed) this.#settings.onHung(worker, maxMissed * this.#beatMs);
  }
}
