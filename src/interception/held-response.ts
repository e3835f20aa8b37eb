import type { ServerResponse } from 'node:http';
import { groupByName } from '../http/headers.ts';

/** How a response is held. */
interface Holding {
  /** Whether a response with the head that is on `res` now is held at all. */
  isWanted(): boolean;
  /** Most bytes that are held; a larger body is sent as it comes. */
  readonly limitBytes: number;
  /** Gets the body when it is whole. The response is still held then, until it is let go of. */
  onWhole(body: Buffer): void;
}

type Methods = Pick<ServerResponse, 'write' | 'end' | 'writeHead' | 'flushHeaders' | 'addTrailers'>;

/** The arguments of `write` and `end`: what is optional stands last. */
type Written = readonly unknown[];

/** Holds what is written to `res`, by methods that stand in the place of its own, until its body is whole or too large. */
export class HeldResponse {
  readonly #res: ServerResponse;
  readonly #holding: Holding;
  /** The methods as they were before, which other middleware may have put there. */
  readonly #own: Methods;
  readonly #chunks: Buffer[] = [];
  /** What was called before the body is there, to be called then. */
  readonly #calls: Array<() => unknown> = [];
  #trailers: Parameters<ServerResponse['addTrailers']> | undefined;
  #bytes = 0;
  #isWanted: boolean | undefined;
  /** The body is whole. As with any response, whoever writes or ends once more does nothing then. */
  #isEnded = false;

  constructor(res: ServerResponse, holding: Holding) {
    this.#res = res;
    this.#holding = holding;
    const { write, end, writeHead, flushHeaders, addTrailers } = res;
    this.#own = { write, end, writeHead, flushHeaders, addTrailers };
    res.write = ((...args: Written) => this.#write(args)) as ServerResponse['write'];
    res.end = ((...args: Written) => this.#end(args)) as ServerResponse['end'];
    res.writeHead = (...args) => this.#writeHead(args as [status: number, ...rest: Written]);
    res.flushHeaders = () => this.#flushHeaders();
    res.addTrailers = (...args) => {
      this.#trailers = args;
    };
  }

  /** Gives `res` its own methods back. What was held is dropped. */
  letGo(): void {
    Object.assign(this.#res, this.#own);
    Reflect.deleteProperty(this.#res, 'headersSent');
  }

  /** Sends what was held, as it came. @param body the whole of it; without it the rest is still to come. */
  sendOn(body?: Buffer): void {
    const res = this.#res;
    this.letGo();
    for (const call of this.#calls) call();
    if (!body) return;
    if (this.#trailers) {
      // A body that is only given to `end` would get a length, with which there are no trailers.
      if (body.length > 0) res.write(body);
      res.addTrailers(...this.#trailers);
      res.end();
    } else if (body.length > 0) res.end(body);
    else res.end();
  }

  #write(args: Written): boolean {
    if (this.#isEnded) return false;
    const [chunk, encoding, done] = args;
    if (!this.#hold(chunk, encoding)) return this.#res.write(...(args as Parameters<ServerResponse['write']>));
    const onDone = typeof encoding === 'function' ? encoding : done;
    if (typeof onDone === 'function') process.nextTick(onDone);
    return true;
  }

  #end(args: Written): ServerResponse {
    if (this.#isEnded) return this.#res;
    const [chunk, encoding] = args;
    if (!this.#hold(typeof chunk === 'function' ? undefined : chunk, encoding)) {
      this.#res.end(...(args as Parameters<ServerResponse['end']>));
      return this.#res;
    }
    this.#isEnded = true;
    const onDone = args.find((arg) => typeof arg === 'function');
    if (onDone) this.#res.once('finish', onDone as () => void);
    // Whoever has ended the response must not take it for one that can still be answered in another way.
    Object.defineProperty(this.#res, 'headersSent', { value: true, configurable: true });
    this.#holding.onWhole(Buffer.concat(this.#chunks));
    return this.#res;
  }

  /** Holds a chunk. @returns whether the response is still held; if not, all before the chunk was sent. */
  #hold(chunk: unknown, encoding: unknown): boolean {
    if (!this.#isHeld()) {
      this.sendOn();
      return false;
    }
    const bytes =
      chunk instanceof Uint8Array
        ? Buffer.from(chunk)
        : Buffer.from(String(chunk ?? ''), typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
    if (this.#bytes + bytes.length > this.#holding.limitBytes) {
      this.sendOn();
      if (this.#bytes > 0) this.#res.write(Buffer.concat(this.#chunks));
      return false;
    }
    this.#bytes += bytes.length;
    this.#chunks.push(bytes);
    return true;
  }

  /**
   * Sets the headers at once, for the function to see and change. The proxy gives none: it has set them, and calls this for a reason phrase,
   * and for bytes that Node would write as UTF-8.
   */
  #writeHead([status, ...rest]: readonly [status: number, ...rest: Written]): ServerResponse {
    const [reason] = rest.filter((arg) => typeof arg === 'string');
    const headers = rest.find((arg) => typeof arg === 'object' && arg !== null) ?? {};
    this.#res.statusCode = status;
    if (reason !== undefined && this.#res.req.httpVersionMajor < 2) this.#res.statusMessage = reason;
    for (const [name, value] of Array.isArray(headers) ? listedHeaders(headers) : Object.entries(headers)) {
      this.#res.setHeader(name, value);
    }
    this.#calls.push(() => (reason === undefined ? this.#res.writeHead(status) : this.#res.writeHead(status, reason)));
    return this.#res;
  }

  /** Asked when the head is settled, once. */
  #isHeld(): boolean {
    this.#isWanted ??= this.#holding.isWanted();
    return this.#isWanted;
  }

  #flushHeaders(): void {
    if (this.#isHeld()) return;
    this.sendOn();
    this.#res.flushHeaders();
  }
}

/** The headers of a list of names and values, or of pairs of these. */
function listedHeaders(list: readonly unknown[]): Array<[name: string, value: string | string[]]> {
  const grouped = groupByName(list.flat().map(String));
  return Array.from(grouped, ({ name, values }) => [name, values.length > 1 ? values : values.join()]);
}
