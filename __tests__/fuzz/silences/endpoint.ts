import { Readable } from 'node:stream';
import fc from 'fast-check';
import { valuesOf } from '../../../src/http/headers.ts';
import type { UpstreamRequest } from '../../../src/transports/message/transport.ts';

/** How an endpoint answers. */
export interface Script {
  readonly headMs: number;
  readonly status: number;
  readonly framing: 'length' | 'unknown' | 'events';
  readonly etag: string;
  readonly chunkBytes: number;
  /** Time before each chunk. */
  readonly gapMs: number;
  /** What it does behind so much of what it is asked for. */
  readonly end: 'well' | 'error' | 'close' | 'silence';
  readonly atRatio: number;
}

export const script: fc.Arbitrary<Script> = fc.record({
  headMs: fc.constantFrom(0, 0, 1, 30, 120),
  status: fc.constantFrom(200, 200, 200, 200, 404, 500),
  framing: fc.constantFrom('length', 'length', 'unknown', 'unknown', 'events'),
  etag: fc.constantFrom('"a"', '"a"', 'W/"a"'),
  chunkBytes: fc.constantFrom(1_000, 20_000, 300_000),
  gapMs: fc.constantFrom(0, 0, 1, 20),
  end: fc.constantFrom('well', 'well', 'error', 'close', 'silence'),
  atRatio: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
});

/** A body that comes as its script says, to whoever reads. */
class ScriptedBody extends Readable {
  readonly #content: Buffer;
  readonly #script: Script;
  readonly #endsAt: number;
  #at = 0;
  #gap: NodeJS.Timeout | undefined;

  constructor(content: Buffer, script: Script) {
    super();
    this.#content = content;
    this.#script = script;
    this.#endsAt = script.end === 'well' ? content.length : Math.floor(content.length * script.atRatio);
  }

  override _read(): void {
    const { gapMs } = this.#script;
    if (gapMs === 0) this.#goOn();
    else this.#gap = setTimeout(() => this.#goOn(), gapMs);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#gap);
    done(error);
  }

  #goOn(): void {
    const { chunkBytes, end } = this.#script;
    const start = this.#at;
    this.#at = Math.min(start + chunkBytes, this.#endsAt);
    if (start < this.#at) this.push(this.#content.subarray(start, this.#at));
    else if (end === 'well') this.push(null);
    else if (end === 'error') this.destroy(new Error('reset'));
    else if (end === 'close') this.destroy();
  }
}

/** The answer for a fake transport, of an endpoint that knows of ranges to all that the request asks for. */
export function answerTo({ headers }: Pick<UpstreamRequest, 'headers'>, content: Buffer, script: Script) {
  const { framing, etag, status } = script;
  const [range] = valuesOf(headers, 'range');
  const [condition = etag] = valuesOf(headers, 'if-range');
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  const isPart = match !== null && condition === etag && status === 200 && Number(match[1]) < content.length;
  const start = isPart ? Number(match[1]) : 0;
  const part = content.subarray(start, isPart && match[2] ? Number(match[2]) + 1 : undefined);
  return {
    status: isPart ? 206 : status,
    headers: [
      ...['ETag', etag, 'Content-Type', framing === 'events' ? 'text/event-stream' : 'application/octet-stream'],
      ...(isPart ? ['Content-Range', `bytes ${start}-${start + part.length - 1}/${content.length}`] : []),
      ...(framing === 'length' ? ['Content-Length', String(part.length)] : []),
    ],
    body: new ScriptedBody(part, script),
  };
}
