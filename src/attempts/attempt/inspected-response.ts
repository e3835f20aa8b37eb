import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ServerSentEvent } from '../../http/first-event.ts';
import type { HookContext } from './hook-context.ts';

/** A response as `isUsable` sees it. Whatever is read of its body still goes to the client. */
export interface InspectedResponse {
  /** The response's status, a terminal one. */
  readonly status: number;
  /** The headers as in node:http: lower-case names, arrays only where Node has them. */
  readonly headers: IncomingHttpHeaders;
  /** Whether `body()` gives all of the body, as far as it has come by now. */
  readonly isWhole: boolean;
  /**
   * The bytes of the body that have come when its hold is over, as they came, such as compressed: all of it when it is held, at most
   * `inspectLimitBytes`. Of a stream, those that have come `holdMs` after the head, or `holdBytes` of them.
   */
  body(): Promise<Buffer>;
  /** The bytes of the body that have come, as soon as there are any, at most `inspectLimitBytes`; empty only for an empty body. */
  firstChunk(): Promise<Buffer>;
  /**
   * The first event of a `text/event-stream`, as soon as it has come. Undefined for any other body and for a compressed one, for a
   * stream that ends without an event, and for an event that does not end within `holdBytes`.
   */
  firstEvent(): Promise<ServerSentEvent | undefined>;
}

/** The user's own judgement of a response of a terminal status. */
export type IsUsable<Request extends IncomingMessage = IncomingMessage> = (
  response: InspectedResponse,
  context: HookContext<Request>,
) => boolean | Promise<boolean>;
