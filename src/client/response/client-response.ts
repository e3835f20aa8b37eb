import type { JudgedResponse } from '../../attempts/response/judged-response.ts';
import type { HeaderList } from '../../http/headers.ts';
import type { Resumer } from './resumer.ts';

/** A response as it is sent to the client. */
export interface ClientResponse
  extends Pick<JudgedResponse, 'response' | 'interim' | 'body' | 'announcedBytes' | 'idleMs'> {
  /** The headers to send, without hop-by-hop ones. */
  readonly headers: HeaderList;
  /** Milliseconds that the client may leave what was written to it unread, or Infinity. */
  readonly clientMs: number;
  /** Goes on with a streamed body that breaks off. @default nobody */
  readonly resumer?: Resumer | undefined;
  /** Called when the head is accepted: nobody else can answer any more. */
  onHead?(): void;
  /** Called when a streamed body cannot be sent to its end, with the bytes that were. */
  onCut?(bytes: number): void;
}
