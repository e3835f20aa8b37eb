import type { Readable } from 'node:stream';
import type { HeaderList } from '../../http/headers.ts';
import type { InterimResponse, UpstreamResponse } from '../../transports/message/transport.ts';
import type { Attempt } from '../attempt/attempt.ts';

/** An endpoint's response, of which only the head is known. */
export interface ReceivedResponse {
  /** The attempt that it is the response of. */
  readonly attempt: Attempt;
  /** The response as the transport gave it. */
  readonly response: UpstreamResponse;
  /** Interim responses that came before the head. */
  readonly interim: readonly InterimResponse[];
}

/** An endpoint's response with our judgement of it. */
export interface JudgedResponse extends ReceivedResponse {
  /** The headers for the client, when a function of the user has made them. */
  readonly rewritten: HeaderList | undefined;
  /** The body, or the whole of it when it was read already. */
  readonly body: Buffer | Readable;
  /** The bytes that the body announces, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  /** Whether the response may win. */
  readonly isUsable: boolean;
  /** Whether the response, if it is usable, need not wait for a better one. */
  readonly isPreferred: boolean;
}
