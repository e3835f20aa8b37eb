import type { Readable } from 'node:stream';
import type { HeaderList } from '../../http/headers.ts';
import type { InterimResponse, UpstreamResponse } from '../../transports/message/transport.ts';

/** What is sent to the client. */
export interface ClientResponse {
  readonly response: UpstreamResponse;
  /** The headers to send, hop-by-hop ones taken off. */
  readonly headers: HeaderList;
  /** Interim responses that came before. */
  readonly interim: readonly InterimResponse[];
  /** The whole body when it was read already, else the stream that it comes from. */
  readonly body: Buffer | Readable;
  /** The bytes that the body announces, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  /** Milliseconds of silence of the endpoint that are borne, or Infinity. */
  readonly idleMs: number;
  /** Milliseconds that the client may leave what was written to it unread, or Infinity. */
  readonly clientMs: number;
  /** Called when the head is accepted: nobody else can answer any more. */
  onHead?(): void;
}
