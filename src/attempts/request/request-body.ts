import type { Readable } from 'node:stream';

/** How far other middleware has decoded a body: not at all, by its `Content-Encoding`, or its text, too. */
type BodyState = 'untouched' | 'inflated' | 'decoded';

/** The body of a request, ready to be sent. */
export interface RequestBody {
  /** A Buffer can be sent to every endpoint, a stream to one only; undefined when the request has no body. */
  readonly content: Buffer | Readable | undefined;
  /** How far a body parser has decoded it, which its headers must tell. */
  readonly state: BodyState;
}

/** The body of a request that has none. */
export const noBody: RequestBody = { content: undefined, state: 'untouched' };
