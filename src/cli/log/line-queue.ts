/** Lines that nobody will ever read. */
export interface Loss {
  /** The number of lines. */
  readonly lines: number;
  /** Milliseconds from the first of them until the log was taken again. */
  readonly forMs: number;
}

interface LineQueueSettings {
  /**
   * Begins to write text of whole lines, and throws nothing.
   * @param done is called once: when the text was taken, or with the error for which none of it counts as written.
   */
  write(text: string, done: (error?: Error | null) => void): void;
  /** Makes the line that stands in the place of lost ones, with its end. */
  tellLoss(loss: Loss): string;
}

/** Characters that wait at most, besides as many that are being written. */
const maxWaiting = 1_048_576;

/** Lost lines before the log tells of them. */
interface Gap {
  readonly lines: number;
  /** When the first one was lost, by `performance.now()`. */
  readonly sinceMs: number;
}

/**
 * Lines of a log on their way to somebody who may be slow, or stand still for hours: then lines are lost and counted, so that whoever
 * logs neither waits nor grows. Lines that come in one turn of the event loop are written together.
 */
export class LineQueue {
  readonly #settings: LineQueueSettings;
  #waiting = '';
  /** Lines that could not be written, in front of those that wait. */
  #gapBefore: Gap | undefined;
  /** Lines for which there was no room, behind those that wait: no other line is taken until all those are on their way. */
  #gapBehind: Gap | undefined;
  #beingWritten = 0;
  #isScheduled = false;
  #lost = 0;

  constructor(settings: LineQueueSettings) {
    this.#settings = settings;
  }

  /** The number of lines that were lost since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes whole lines, or loses them. */
  readonly write = (lines: string): void => {
    const isFull = this.#waiting !== '' && this.#waiting.length + lines.length > maxWaiting;
    if (isFull || this.#gapBehind) this.#gapBehind = gapOfAll(this.#gapBehind, this.#lose(lines));
    else this.#waiting += lines;
    this.#schedule();
  };

  /** Gives away all lines at once, even if the ones before are still on their way, because the process is about to end. */
  flush(): void {
    if (this.#hasLines) this.#writeAll();
  }

  get #hasLines(): boolean {
    return this.#waiting !== '' || this.#gapBehind !== undefined;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#beingWritten > 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#hasLines && this.#beingWritten === 0) this.#writeAll();
    });
  }

  #writeAll(): void {
    const [before, lines, behind] = [this.#gapBefore, this.#waiting, this.#gapBehind];
    this.#gapBefore = this.#gapBehind = undefined;
    this.#waiting = '';
    this.#beingWritten++;
    this.#settings.write(this.#told(before) + lines + this.#told(behind), (error) => {
      this.#beingWritten--;
      // The next lines will show whether the place of the log is well again.
      if (error) this.#gapBefore = gapOfAll(before, this.#lose(lines), behind, this.#gapBefore);
      if (this.#hasLines) this.#schedule();
    });
  }

  #lose(lines: string): Gap {
    const gap = gapOf(lines);
    this.#lost += gap.lines;
    return gap;
  }

  #told(gap: Gap | undefined): string {
    return gap ? this.#settings.tellLoss({ lines: gap.lines, forMs: performance.now() - gap.sinceMs }) : '';
  }
}

function gapOf(lines: string): Gap {
  let count = 0;
  for (let end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n', end + 1)) count++;
  return { lines: count, sinceMs: performance.now() };
}

function gapOfAll(...parts: readonly (Gap | undefined)[]): Gap | undefined {
  const gaps = parts.filter((gap) => gap !== undefined);
  if (gaps.length === 0) return undefined;
  return {
    lines: gaps.reduce((total, { lines }) => total + lines, 0),
    sinceMs: Math.min(...gaps.map(({ sinceMs }) => sinceMs)),
  };
}
