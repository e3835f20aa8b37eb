import type { Socket } from 'node:net';

type Done = (error?: Error | null) => void;
type Write = (chunk: unknown, encoding: BufferEncoding, done: Done) => void;

/** Most bytes that are written at once. */
const sliceBytes = 65_536;

const known = new WeakMap<Socket, UploadWrites>();

/**
 * How a connection that carries uploads writes.
 *
 * A failed write is kept back until everything is read that had come by then: an endpoint may answer early and close, as
 * node:http does with 413, and the error would take the unread answer along (http-proxy-middleware 265).
 *
 * Large chunks are written in slices: over TLS nothing shows that some of a chunk is gone, and the connection would seem
 * idle.
 */
export class UploadWrites {
  /** Told before the connection ends that something was to be sent, and was not. */
  onBroken: ((error: Error) => void) | undefined;
  /** Reports at once what is kept back. */
  report: () => void = () => {};
  readonly #socket: Socket;
  readonly #write: Write;

  private constructor(socket: Socket) {
    const { _writev } = socket;
    this.#socket = socket;
    this.#write = socket._write.bind(socket);
    // What is kept back may come when Node 22 no longer listens, and would end the process.
    socket.on('error', () => {});
    socket._write = (chunk, encoding, done) => this.#writeSlices(chunk, encoding, this.#keepingBack(done));
    // Head and body that are written together would be one large chunk.
    socket._writev = (chunks, done) => {
      const isSmall = chunks.reduce((bytes, { chunk }) => bytes + chunk.length, 0) <= sliceBytes;
      if (_writev && isSmall) _writev.call(socket, chunks, this.#keepingBack(done));
      else this.#writeAll(chunks, this.#keepingBack(done));
    };
  }

  /** Those of a connection, which may have served other requests before. */
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
      // Whoever has no connection any more will read nothing.
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
    // Before whoever takes the end of the connection for that of a body.
    socket.prependOnceListener('end', () => this.report()).once('close', () => this.report());
  }
}

function* slicesOf(chunk: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < chunk.length; start += sliceBytes) yield chunk.subarray(start, start + sliceBytes);
}

/** Does a step for one after the other, however deep the stack would be of steps that are done at once. */
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
