import type { Readable } from 'node:stream';

/** What became of a body before us: nothing, its `Content-Encoding` was undone, or its text was decoded, too. */
export type BodyState = 'untouched' | 'inflated' | 'decoded';

/** The body of a request, ready to be sent. */
export interface RequestBody {
  /** A Buffer can be sent to every endpoint, a stream to one only; undefined: the request has no body. */
  readonly content: Buffer | Readable | undefined;
  /** What its headers must say when a parser was there before us. */
  readonly state: BodyState;
}

/** What a request without a body has. */
export const noBody: RequestBody = { content: undefined, state: 'untouched' };
