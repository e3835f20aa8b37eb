import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { HeaderChanges } from '../attempts/attempt/header-hook.ts';

/** The head of a response that is intercepted. */
export interface InterceptedResponse<Request extends IncomingMessage = IncomingMessage> {
  /** The status that the client would get. */
  readonly status: number;
  /** The headers that the client would get, by lower-case names. */
  readonly headers: Readonly<OutgoingHttpHeaders>;
  /** The client's request. */
  readonly req: Request;
}

/** What the client gets instead; what is left out stays as it is. */
export interface InterceptedChanges {
  /** From 200 to 599. */
  readonly status?: number | undefined;
  /** Headers to set, by name; undefined takes a header away. */
  readonly headers?: HeaderChanges | undefined;
  /** The whole body; text is sent as UTF-8. */
  readonly body?: string | Uint8Array | undefined;
}

/**
 * A function of the user's that looks at a response and changes it; nothing returned means no change.
 * @param body without content codings such as gzip.
 */
export type Intercept<Request extends IncomingMessage = IncomingMessage> = (
  body: Buffer,
  response: InterceptedResponse<Request>,
) => InterceptedChanges | undefined | Promise<InterceptedChanges | undefined>;
