import type { Socket } from 'node:net';

type Done = (error?: Error | null) => void;
type Write = (chunk: unknown, encoding: BufferEncoding, done: Done) => void;

/** Most bytes that are written at once. */
const sliceBytes = 65_536;

const known = new WeakMap<Socket, UploadWrites>();

/**
 * Changes how a connection that carries uploads writes.
 *
 * The error of a failed write is kept back until everything is read that had come by then: an endpoint may answer early and close, as
 * node:http does with 413, and the error would take the unread answer along (http-proxy-middleware 265).
 *
 * Large chunks are written in slices: over TLS nothing shows that a part of a chunk has gone out, and the connection would seem idle.
 */
export class UploadWrites {
  /** Gets the error of a failed write, before the connection ends. */
  onBroken: ((error: Error) => void) | undefined;
  /** Reports an error at once that is kept back. */
  report: () => void = () => {};
  readonly #socket: Socket;
  readonly #write: Write;

  private constructor(socket: Socket) {
    const { _writev } = socket;
    this.#socket = socket;
    this.#write = socket._write.bind(socket);
    // An error that was kept back may come when Node 22 no longer listens, and would end the process.
    socket.on('error', () => {});
    socket._write = (chunk, encoding, done) => this.#writeSlices(chunk, encoding, this.#keepingBack(done));
    // Head and body that are written together would be one large chunk.
    socket._writev = (chunks, done) => {
      const isSmall = chunks.reduce((bytes, { chunk }) => bytes + chunk.length, 0) <= sliceBytes;
      if (_writev && isSmall) _writev.call(socket, chunks, this.#keepingBack(done));
      else this.#writeAll(chunks, this.#keepingBack(done));
    };
  }

  /** The writes of a connection, which may have served other requests before. */
  static of(socket: Socket): UploadWrites {
    const writes = known.get(socket) ?? new UploadWrites(socket);
    known.set(socket, writes);
    return writes;
  }

  #writeAll(chunks: ReadonlyArray<{ chunk: unknown; encoding: BufferEncoding }>, done: Done): void {
    inTurn(chunks.values(), ({ chunk, encoding }, next) => this.#writeSlices(chunk, encoding, next), done);
  }

  #writeSlices(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    if (!(chunk instanceof Uint8Array) || chunk.length <= sliceBytes) this.#write(chunk, encoding, done);
    else inTurn(slicesOf(chunk), (slice, next) => this.#write(slice, encoding, next), done);
  }

  #keepingBack(done: Done): Done {
    return (error) => {
      const socket = this.#socket;
      // Nothing more is read of a connection that has ended.
      if (!error || socket.readableEnded || socket.destroyed) done(error);
      else this.#keepBack(error, done);
    };
  }

  #keepBack(error: Error, done: Done): void {
    const socket = this.#socket;
    this.report = () => {
      this.report = () => {};
      this.onBroken?.(error);
      done(error);
    };
    // In front of listeners that take the end of the connection for that of a body.
    socket.prependOnceListener('end', () => this.report()).once('close', () => this.report());
  }
}

function* slicesOf(chunk: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < chunk.length; start += sliceBytes) yield chunk.subarray(start, start + sliceBytes);
}

/**
 * Does a step for one item after the other, in a loop where steps are done at once: calls within calls could overflow the stack.
 */
function inTurn<T>(items: Iterator<T>, step: (item: T, next: Done) => void, done: Done): void {
  let isDue = false;
  let isLooping = false;
  const next: Done = (error) => {
    if (error) return done(error);
    isDue = true;
    if (isLooping) return;
    isLooping = true;
    while (isDue) {
      isDue = false;
      const item = items.next();
      if (item.done) done();
      else step(item.value, next);
    }
    isLooping = false;
  };
  next();
}
