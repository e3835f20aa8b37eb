/** An event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** The event's type; `message` where the stream gives none. */
  readonly event: string;
  /** The lines of its data, joined by line feeds. */
  readonly data: string;
  /** The last id that the stream has given up to this event; undefined where there was none. */
  readonly id: string | undefined;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Finds the first event in a `text/event-stream`, as EventSource does (WHATWG HTML 9.2.6), wherever the stream is cut into chunks: an
 * event has at least one line of data, and ends with an empty line.
 */
export class FirstEventParser {
  #found: ServerSentEvent | undefined;
  /** The parts of a line whose end has not come. */
  #begun: Buffer[] = [];
  #isFirstLine = true;
  /** Whether a line feed that comes next belongs to the line end before it. */
  #isAfterReturn = false;
  #event = '';
  #data: string[] = [];
  #id: string | undefined;

  /** The first event, once all of it is here. */
  get found(): ServerSentEvent | undefined {
    return this.#found;
  }

  /** Takes the next bytes. Those behind the first event are not looked at. */
  push(chunk: Buffer): void {
    let start = 0;
    while (start < chunk.length && !this.#found) {
      if (this.#isAfterReturn && chunk[start] === lineFeed) start++;
      this.#isAfterReturn = false;
      const end = lineEndIn(chunk, start);
      this.#begun.push(chunk.subarray(start, end));
      if (end < chunk.length) this.#endLine(chunk[end] === carriageReturn);
      start = end + 1;
    }
  }

  #endLine(isReturn: boolean): void {
    this.#isAfterReturn = isReturn;
    const line = Buffer.concat(this.#begun).toString();
    this.#begun = [];
    this.#take(this.#isFirstLine ? line.replace(/^\uFEFF/, '') : line);
    this.#isFirstLine = false;
  }

  #take(line: string): void {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line === '') this.#endEvent();
    else if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }

  #endEvent(): void {
    if (this.#data.length > 0) {
      this.#found = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id };
    }
    this.#event = '';
  }
}

function lineEndIn(chunk: Buffer, start: number): number {
  let end = start;
  while (end < chunk.length && chunk[end] !== lineFeed && chunk[end] !== carriageReturn) end++;
  return end;
}
