import type { Readable } from 'node:stream';
import type { HeaderList } from '../../http/headers.ts';
import type { InterimResponse, UpstreamResponse } from '../../transports/message/transport.ts';

/** A response as it is sent to the client. */
export interface ClientResponse {
  /** The endpoint's response, for its status, reason and trailers. */
  readonly response: UpstreamResponse;
  /** The headers to send, without hop-by-hop ones. */
  readonly headers: HeaderList;
  /** The interim responses that came before the response. */
  readonly interim: readonly InterimResponse[];
  /** The whole body if it was read already, else its stream. */
  readonly body: Buffer | Readable;
  /** The announced length of the body in bytes, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  /** Milliseconds that the endpoint may be silent within the body, or Infinity. */
  readonly idleMs: number;
  /** Milliseconds that the client may leave what was written to it unread, or Infinity. */
  readonly clientMs: number;
  /** Called when the head is accepted: nobody else can answer any more. */
  onHead?(): void;
}
