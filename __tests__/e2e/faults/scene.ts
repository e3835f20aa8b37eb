import { gzipSync } from 'node:zlib';
import { resultWithin } from '../../../src/support/timer.ts';
import { bodyOf } from '../../helpers/random-bodies.ts';
import { type Cell, isPartial } from './cell.ts';

/** Which endpoint of a proxy: the one that is asked first, or the other one. */
export type Role = 'first' | 'other';

/** A request as an endpoint gets it. */
export interface Ask {
  readonly role: Role;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

/** Writes an answer up to its fault. @returns what does the fault. */
export type Beginning = (scene: Scene) => (() => void) | Promise<() => void>;

/** Plays the part of an endpoint in the scene that a request is for. */
export type Play = (path: string, ask: Ask, begin: Beginning) => Promise<void>;

/** Bytes of a resource before and behind the part that a client asks for. */
const around = { before: 1_000, behind: 500 };

/** After so many ms an endpoint goes on although what it waits for has not come: the outcome will be a wrong one. */
const waitingMs = 3_000;

/** One request with all that becomes of it. */
export class Scene {
  readonly cell: Cell;
  readonly path: string;
  /** The whole resource. */
  readonly resource: Buffer;
  /** The part of it that the client asks for. */
  readonly body: Buffer;
  /** The client's own `Range`. */
  readonly range: string | undefined;
  /** All requests, over all endpoints. */
  readonly asks: Ask[] = [];
  readonly #played = Promise.withResolvers<void>();
  #clientBytes = 0;
  #onClientBytes = (): void => {};
  #hasPlayed = false;

  constructor(cell: Cell, path: string) {
    const { form, bytes } = cell;
    const { before, behind } = isPartial(cell) ? around : { before: 0, behind: 0 };
    this.cell = cell;
    this.path = path;
    this.resource = form === 'gzip chunked' ? gzipOf(bytes, path) : bodyOf(before + bytes + behind, path);
    this.body = this.resource.subarray(before, before + bytes);
    this.range = isPartial(cell) ? `bytes=${before}-${before + bytes - 1}` : undefined;
  }

  /** Whether the first endpoint has done what it does. */
  get hasPlayed(): boolean {
    return this.#hasPlayed;
  }

  /** The first endpoint has done what it does. */
  endPlay(): void {
    this.#hasPlayed = true;
    this.#played.resolve();
  }

  /** Resolves when the first endpoint has done what it does. */
  async afterPlay(): Promise<void> {
    await resultWithin(waitingMs, () => this.#played.promise);
  }

  /** The client has so many bytes, those of the head included. */
  clientHas(bytes: number): void {
    this.#clientBytes = bytes;
    this.#onClientBytes();
  }

  /** Resolves when the client has more bytes than this. */
  async untilClientHas(bytes: number): Promise<void> {
    const reached = Promise.withResolvers<void>();
    this.#onClientBytes = () => this.#clientBytes > bytes && reached.resolve();
    this.#onClientBytes();
    await resultWithin(waitingMs, () => reached.promise);
  }
}

/** A gzip of exactly so many bytes. */
function gzipOf(bytes: number, name: string): Buffer {
  for (let length = bytes - 23, attempts = 0; attempts < 20; attempts++) {
    const zipped = gzipSync(bodyOf(length, name), { level: 0 });
    if (zipped.length === bytes) return zipped;
    length += bytes - zipped.length;
  }
  throw new Error(`no gzip has ${bytes} bytes`);
}
