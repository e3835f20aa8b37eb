import { Duplex } from 'node:stream';
import fc from 'fast-check';

/** How a client reads. */
export interface Reading {
  /** Time for each piece that it reads. */
  readonly readMs: number;
  /** When it goes away. */
  readonly leavesAfterMs: number | undefined;
}

export const reading: fc.Arbitrary<Reading> = fc.record({
  readMs: fc.constantFrom(0, 0, 0, 5, 40),
  leavesAfterMs: fc.constantFrom(undefined, undefined, undefined, undefined, 0, 10, 60, 300),
});

/** A message as a client got it. */
export interface Message {
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
  readonly isWhole: boolean;
}

/** A client's connection without a network, for which time is what the test's clock says. */
export class ClientConnection extends Duplex {
  readonly #received: Buffer[] = [];
  readonly #readMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ readMs, leavesAfterMs }: Reading) {
    super();
    this.#readMs = readMs;
    if (leavesAfterMs === undefined) return;
    const leaving = setTimeout(() => this.destroy(), leavesAfterMs);
    this.once('close', () => clearTimeout(leaving));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#received.push(chunk);
    if (this.#readMs === 0) done();
    else this.#timer = setTimeout(done, this.#readMs);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    done(error);
  }

  /** What came, as a message; undefined when not even the head has come. */
  get message(): Message | undefined {
    const bytes = Buffer.concat(this.#received);
    const headEnd = bytes.indexOf('\r\n\r\n');
    if (headEnd === -1) return undefined;
    const head = bytes.subarray(0, headEnd).toString('latin1');
    const rest = bytes.subarray(headEnd + 4);
    const length = /^content-length: (\d+)$/im.exec(head)?.[1];
    const { body, isWhole } =
      length === undefined ? unchunked(rest) : { body: rest, isWhole: rest.length === Number(length) };
    return { status: Number(head.slice(9, 12)), head, body, isWhole };
  }
}

function unchunked(bytes: Buffer): Pick<Message, 'body' | 'isWhole'> {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const length = lineEnd === -1 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(length > 0)) return { body: Buffer.concat(chunks), isWhole: length === 0 };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
}
