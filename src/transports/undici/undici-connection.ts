import type { Socket } from 'node:net';
import { beginIdle, heedKeepAlive, mayBeClosing } from '../http1/idle-limit.ts';
import { uploadTimeout } from '../message/explain.ts';
import { limitSending, unreadMs } from '../message/upload.ts';
import { UploadWrites } from '../message/upload-writes.ts';
import type { UndiciAttempt, UsedConnection } from './undici-attempt.ts';

/** A connection of undici, with what undici does not tell of it. */
export class UndiciConnection implements UsedConnection {
  readonly #socket: Socket;
  #requests = 0;
  /** Those that are under way; more than one with pipelining. */
  readonly #attempts = new Set<UndiciAttempt>();
  /** Only of a connection that has had an upload to send. */
  #writes: UploadWrites | undefined;
  #endLimit = (): void => {};
  /** Requests that were answered and are not sent to their end. */
  #rests = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Of a body that ends with the connection undici makes a clean end even when that was a reset.
    socket.on('error', this.#onBroken);
    socket.once('close', () => this.#attempts.clear());
  }

  use(attempt: UndiciAttempt): boolean {
    this.#attempts.add(attempt);
    if (attempt.isUpload) {
      this.#writes ??= UploadWrites.of(this.#socket);
      this.#writes.onBroken = this.#onBroken;
      this.#limit();
    }
    return ++this.#requests > 1;
  }

  release(attempt: UndiciAttempt): void {
    this.#attempts.delete(attempt);
    beginIdle(this.#socket);
    if (!attempt.isUpload) return;
    this.#writes?.report();
    if (this.isSending()) this.#limitRest();
    this.#limit();
  }

  heed(headers: readonly string[]): void {
    heedKeepAlive(this.#socket, headers);
  }

  /** Closes it when it is idle and its endpoint may be doing the same just now: undici opens another one. */
  closeIfUnsure(): void {
    if (this.#requests > 0 && this.#attempts.size === 0 && mayBeClosing(this.#socket)) this.#socket.destroy();
  }

  isSending(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** Whether a request that was answered is in the way of the next one, perhaps until the connection is closed. */
  hasRest(): boolean {
    return this.#rests > 0;
  }

  readonly #onBroken = (error: Error): void => {
    for (const attempt of this.#attempts) attempt.onBroken(error);
  };

  /** The rest has gone out when that has what is written behind it; the next request may be there already. */
  #limitRest(): void {
    this.#rests++;
    this.#socket.write('', () => {
      this.#rests--;
      this.#limit();
    });
  }

  /** Sets the one limit of the connection: what is left of an earlier request is in the way of those that come after it. */
  #limit(): void {
    this.#endLimit();
    this.#endLimit = () => {};
    const isRest = this.#rests > 0;
    const upload = [...this.#attempts].find(({ isUpload }) => isUpload);
    const ms = isRest ? unreadMs : (upload?.request.idleMs ?? Infinity);
    if (ms === Infinity || this.#socket.destroyed) return;
    const onStalled = (): void =>
      void this.#socket.destroy(isRest || !upload ? undefined : uploadTimeout(upload.request));
    const isHeldUp = (): boolean => [...this.#attempts].some((attempt) => attempt.isHeldUp());
    this.#endLimit = limitSending(this.#socket, { of: this.#socket, ms, onStalled, isHeldUp });
  }
}
