import type { Readable } from 'node:stream';
import type { InterimResponse, UpstreamResponse } from '../../transports/message/transport.ts';
import type { Attempt } from '../attempt/attempt.ts';
import type { Verdict } from './judge.ts';

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
export interface JudgedResponse extends ReceivedResponse, Pick<Verdict, 'announcedBytes' | 'wins' | 'isPreferred'> {
  /** The body, or the whole of it when it was read already. A stream may be paused. */
  readonly body: Buffer | Readable;
  /** Milliseconds that its endpoint may be silent within the body, or Infinity. */
  readonly idleMs: number;
  /** Whether the response may win. */
  readonly isUsable: boolean;
}
