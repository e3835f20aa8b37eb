/** Lines that nobody will ever read. */
export interface Loss {
  /** The number of lines. */
  readonly lines: number;
  /** Milliseconds from the first of them until the log was taken again. */
  readonly forMs: number;
}

/** What a text tells of lost lines. Whoever loses that text has to count them, too. */
export interface ToldLosses {
  /** The number of lost lines. */
  readonly lines: number;
  /** The number of lines of the text that tell of them. */
  readonly by: number;
}

interface LineQueueSettings {
  /**
   * Begins to write text of whole lines, and throws nothing.
   * @param done is called once: when the text was taken, or with the error for which none of it counts as written.
   * @param told is what this queue has put into the text.
   */
  write(text: string, done: (error?: Error | null) => void, told: ToldLosses): void;
  /** Makes the line that stands in the place of lost ones, with its end. */
  tellLoss(loss: Loss): string;
}

/** Characters that wait at most, besides as many that are being written. */
const maxWaiting = 1_048_576;

const nothingTold: ToldLosses = { lines: 0, by: 0 };

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
  /** What the waiting lines tell of lines that others have lost. */
  #told = nothingTold;
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

  /** The number of lines that were lost here since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes whole lines, or loses them. @param told is what these tell of lines that others have lost. */
  readonly write = (lines: string, told = nothingTold): void => {
    const isFull = this.#waiting !== '' && this.#waiting.length + lines.length > maxWaiting;
    if (isFull || this.#gapBehind) this.#gapBehind = gapOfAll(this.#gapBehind, this.#lose(lines, told));
    else {
      this.#waiting += lines;
      if (told.by > 0) this.#told = { lines: this.#told.lines + told.lines, by: this.#told.by + told.by };
    }
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
    const [before, lines, told, behind] = [this.#gapBefore, this.#waiting, this.#told, this.#gapBehind];
    this.#gapBefore = this.#gapBehind = undefined;
    this.#waiting = '';
    this.#told = nothingTold;
    this.#beingWritten++;
    const done = (error?: Error | null): void => {
      this.#beingWritten--;
      // The next lines will show whether the place of the log is well again.
      if (error) this.#gapBefore = gapOfAll(before, this.#lose(lines, told), behind, this.#gapBefore);
      if (this.#hasLines) this.#schedule();
    };
    this.#settings.write(this.#tell(before) + lines + this.#tell(behind), done, toldOf(before, behind));
  }

  #lose(lines: string, told: ToldLosses): Gap {
    const count = countOf(lines) - told.by;
    this.#lost += count;
    return { lines: count + told.lines, sinceMs: performance.now() };
  }

  #tell(gap: Gap | undefined): string {
    return gap ? this.#settings.tellLoss({ lines: gap.lines, forMs: performance.now() - gap.sinceMs }) : '';
  }
}

function countOf(lines: string): number {
  let count = 0;
  for (let end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n', end + 1)) count++;
  return count;
}

function toldOf(...gaps: readonly (Gap | undefined)[]): ToldLosses {
  const all = gapOfAll(...gaps);
  return all ? { lines: all.lines, by: gaps.filter((gap) => gap !== undefined).length } : nothingTold;
}

function gapOfAll(...parts: readonly (Gap | undefined)[]): Gap | undefined {
  const gaps = parts.filter((gap) => gap !== undefined);
  if (gaps.length === 0) return undefined;
  return {
    lines: gaps.reduce((total, { lines }) => total + lines, 0),
    sinceMs: Math.min(...gaps.map(({ sinceMs }) => sinceMs)),
  };
}
