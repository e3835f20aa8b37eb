import assert from 'node:assert/strict';
import type { ErrorCode } from '../../errors.ts';
import type { Stage } from './stage.ts';

/** One thing that every transport has to do. */
export interface ContractCase {
  /** A sentence in the present tense whose subject is the transport. */
  readonly name: string;
  /**
   * Whether the case holds over HTTP/1.1: some are about the frames of HTTP/2.
   * @default true
   */
  readonly isForHttp1?: boolean;
  /**
   * Whether the case holds over HTTP/2, too: most cases are about the bytes of HTTP/1.1.
   * @default false
   */
  readonly isForHttp2?: boolean;
  /** Tries the transport of the stage; rejects where the transport does something else. */
  play(stage: Stage): Promise<void>;
}

/** Waits for an attempt to fail with a code, and with a message of a kind. @throws AssertionError when it does not. */
export async function failsWith(sending: Promise<unknown>, code: ErrorCode, message = /(?:)/): Promise<void> {
  await assert.rejects(sending, { code, message });
}
