/**
 * A body that is given away when it is sent: undici keeps hold of a Buffer as long as the response is open, while it asks a Blob for
 * the bytes.
 */
export class BodyOnce extends Blob {
  #content: Buffer | undefined;

  /** @param content is let go of when it was asked for. */
  constructor(content: Buffer) {
    super([]);
    this.#content = content;
    // Without this undici would send the body as a stream, in parts, and an early answer would cost the connection.
    Object.defineProperties(this, { size: { value: content.length }, stream: { value: undefined } });
  }

  /** Gives the bytes, once: without a copy, where the memory holds nothing else. */
  override async arrayBuffer(): Promise<ArrayBuffer> {
    const content = this.#content ?? Buffer.alloc(0);
    this.#content = undefined;
    const { buffer, byteLength } = content;
    const isWhole = buffer.byteLength === byteLength && buffer instanceof ArrayBuffer;
    return isWhole ? buffer : new Uint8Array(content).buffer;
  }
}
