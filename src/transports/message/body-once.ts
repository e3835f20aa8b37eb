/**
 * A body that is given away when it is sent: of a Buffer undici keeps hold as long as the response is open, while a Blob is asked
 * for what is in it.
 */
export class BodyOnce extends Blob {
  #content: Buffer | undefined;

  constructor(content: Buffer) {
    super([]);
    this.#content = content;
    // As a stream it would be sent in parts, and an early answer would cost the connection.
    Object.defineProperties(this, { size: { value: content.length }, stream: { value: undefined } });
  }

  /** Without a copy, where the memory holds nothing else. */
  override async arrayBuffer(): Promise<ArrayBuffer> {
    const content = this.#content ?? Buffer.alloc(0);
    this.#content = undefined;
    const { buffer, byteLength } = content;
    const isWhole = buffer.byteLength === byteLength && buffer instanceof ArrayBuffer;
    return isWhole ? buffer : new Uint8Array(content).buffer;
  }
}
