import type { ClientRequest, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { uploadTimeout } from '../message/explain.ts';
import type { UpstreamRequest } from '../message/transport.ts';
import { isFull, limitRest, limitSending, sinceAskedBefore } from '../message/upload.ts';
import { UploadWrites } from '../message/upload-writes.ts';

/** Watches over a request of node:http whose body goes only to an endpoint that reads. */
export class NodeUpload {
  readonly #client: ClientRequest;
  readonly #request: Pick<UpstreamRequest, 'address' | 'idleMs'>;
  #writes: UploadWrites | undefined;
  #response: IncomingMessage | undefined;
  #endLimit = (): void => {};

  /** @param client has not begun to send yet. */
  constructor(client: ClientRequest, { address, idleMs }: Pick<UpstreamRequest, 'address' | 'idleMs'>) {
    this.#client = client;
    this.#request = { address, idleMs };
    client.once('socket', (socket) => {
      // An agent of the user's may give anything that is a stream.
      if (!(socket instanceof Socket)) return;
      this.#writes = UploadWrites.of(socket);
      this.#writes.onBroken = this.#onBroken;
      if (!socket.connecting) this.#limit(socket);
      else socket.once(address.secure ? 'secureConnect' : 'connect', () => this.#limit(socket));
    });
    client.once('finish', () => this.#endLimit()).once('close', this.#onClose);
    client.once('response', (response) => {
      this.#response = response.once('end', this.#onAnswered);
    });
  }

  /** Whether the body was on its way at any time since the last call. */
  readonly isUnderWay = sinceAskedBefore(() => !this.#client.writableFinished && !this.#client.destroyed);

  /** Limits what is left of the request when the endpoint has answered to the end. */
  readonly #onAnswered = (): void => {
    this.#endLimit();
    this.#writes?.report();
    const { socket, writableFinished } = this.#client;
    if (socket && !writableFinished) limitRest(socket, this.#client);
  };

  /** Breaks the response off: an end that follows would be no clean one. */
  readonly #onBroken = (error: Error): void => {
    if (!this.#response?.complete) this.#response?.destroy(error);
  };

  #limit(socket: Socket): void {
    const { idleMs } = this.#request;
    if (idleMs === Infinity || this.#client.writableFinished) return;
    const onStalled = (): void => void socket.destroy(uploadTimeout(this.#request));
    const isHeldUp = (): boolean => this.#response !== undefined && isFull(this.#response);
    this.#endLimit = limitSending(socket, { of: this.#client, ms: idleMs, onStalled, isHeldUp });
  }

  readonly #onClose = (): void => {
    this.#endLimit();
    // The connection lives on, and would keep this object.
    if (this.#writes) this.#writes.onBroken = undefined;
  };
}
