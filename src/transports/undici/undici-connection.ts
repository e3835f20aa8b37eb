import type { Socket } from 'node:net';
import { beginIdle, heedKeepAlive, mayBeClosing } from '../connect/idle-limit.ts';
import { uploadTimeout } from '../message/explain.ts';
import { limitSending, unreadMs } from '../message/upload.ts';
import { UploadWrites } from '../message/upload-writes.ts';
import type { UndiciAttempt, UsedConnection } from './undici-attempt.ts';

/** A connection of undici, watched for what undici does not tell. */
export class UndiciConnection implements UsedConnection {
  readonly #socket: Socket;
  #requests = 0;
  /** The attempts that are under way; more than one with pipelining. */
  readonly #attempts = new Set<UndiciAttempt>();
  /** Undefined until there is an upload to send. */
  #writes: UploadWrites | undefined;
  #endLimit = (): void => {};
  /** How many requests were answered before they were sent to their end. */
  #rests = 0;

  /** @param socket stays undici's. */
  constructor(socket: Socket) {
    this.#socket = socket;
    // Of a body that ends with the connection undici makes a clean end even when that was a reset.
    socket.on('error', this.#onBroken);
    socket.once('close', () => this.#attempts.clear());
  }

  /** As {@link UsedConnection.use}. */
  use(attempt: UndiciAttempt): boolean {
    this.#attempts.add(attempt);
    if (attempt.isUpload) {
      this.#writes ??= UploadWrites.of(this.#socket);
      this.#writes.onBroken = this.#onBroken;
      this.#limit();
    }
    return ++this.#requests > 1;
  }

  /** As {@link UsedConnection.release}. */
  release(attempt: UndiciAttempt): void {
    this.#attempts.delete(attempt);
    beginIdle(this.#socket);
    if (!attempt.isUpload) return;
    this.#writes?.report();
    if (this.isSending()) this.#limitRest();
    this.#limit();
  }

  /** As {@link UsedConnection.heed}. */
  heed(headers: readonly string[]): void {
    heedKeepAlive(this.#socket, headers);
  }

  /** Closes an idle connection that its endpoint may be closing just now, so that undici opens another one. */
  closeIfUnsure(): void {
    if (this.#requests > 0 && this.#attempts.size === 0 && mayBeClosing(this.#socket)) this.#socket.destroy();
  }

  /** As {@link UsedConnection.isSending}. */
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

  /**
   * Limits the rest of a request that was answered. An empty write behind it tells when it has gone out; the next request may be
   * there already.
   */
  #limitRest(): void {
    this.#rests++;
    this.#socket.write('', () => {
      this.#rests--;
      this.#limit();
    });
  }

  /** Sets the one limit of the connection: that of a rest, which is in the way of later requests, or else that of an upload. */
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
