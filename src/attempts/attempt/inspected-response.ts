import type { IncomingHttpHeaders } from 'node:http';

/** A response as `isUsable` sees it. */
export interface InspectedResponse {
  /** The response's status, a terminal one. */
  readonly status: number;
  /** The headers as in node:http: lower-case names, arrays only where Node has them. */
  readonly headers: IncomingHttpHeaders;
  /** The first bytes of the body, at most `inspectLimitBytes`, as they came, such as compressed. */
  body(): Promise<Buffer>;
}

/** The user's own judgement of a response of a terminal status. */
export type IsUsable = (response: InspectedResponse) => boolean | Promise<boolean>;
