import type { JudgedResponse } from '../../attempts/response/judged-response.ts';
import type { BalancingProxyError } from '../../errors.ts';

/** The rest of a body that has broken off. */
export type RestOfBody = Pick<JudgedResponse, 'response' | 'announcedBytes' | 'idleMs'>;

/** Goes on with a body that breaks off, where that is possible. */
export interface Resumer {
  /** Takes note of bytes that the client was given; undefined where nobody compares them. */
  readonly given: ((chunk: Buffer) => void) | undefined;
  /** Whether the rest may be asked for where the rest is all of the body. */
  readonly mayBegin: boolean;
  /**
   * Called when the endpoint breaks off, which is let go of then.
   * @param atByte bytes of the body that the client was given.
   * @returns whether the rest may be asked for.
   */
  brokeOff(error: BalancingProxyError, atByte: number): boolean;
  /**
   * Asks for the rest.
   * @param clientReads resolves when the client reads on; until then nobody is asked. Without it the client reads.
   * @returns the response that goes on, with the length of the rest; its body is paused. Undefined when nobody has the rest.
   * @throws the reason why nobody waits for the rest any more.
   */
  rest(atByte: number, clientReads?: Promise<void>): Promise<RestOfBody | undefined>;
}
