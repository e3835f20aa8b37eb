import { milliseconds } from '../support/parser/kinds.ts';
import { type OptionTable, option } from '../support/parser/option.ts';

/** Limits of time, in milliseconds up to 24.8 days; Infinity is no limit. */
export interface TimeoutOptions {
  /**
   * Time for one attempt to set up its connection: DNS, TCP and TLS together, in milliseconds.
   * @default 3_000
   */
  readonly connectMs?: number | undefined;
  /**
   * Time for one attempt until its response head, in milliseconds.
   * @default 30_000
   */
  readonly responseMs?: number | undefined;
  /**
   * Time from the response head to what `winAt` waits for, the first byte or the first event, in milliseconds. With `winAt: 'head'` nothing
   * is waited for.
   * @default Infinity
   */
  readonly firstByteMs?: number | undefined;
  /**
   * Silence of an endpoint within a response body, or before it takes more of a request body, in milliseconds. A slow client is
   * not silence.
   * @default 60_000
   */
  readonly idleMs?: number | undefined;
  /**
   * Time for all attempts of a request together, until it is settled which response is given, in milliseconds. A usable response that is
   * held for a better one is given then; otherwise the answer is 504, also where there are responses that are not usable.
   * @default Infinity
   */
  readonly totalMs?: number | undefined;
  /**
   * Time for which a client may leave a part of the body unread, 64 KiB at most, before its response is broken off, in milliseconds.
   * Until then the response holds a connection to the endpoint.
   * @default Infinity
   */
  readonly clientMs?: number | undefined;
}

/** The options of `timeouts`. */
export const timeoutOptions = {
  connectMs: option(milliseconds, 3_000, 'Time for one attempt to set up its connection: DNS, TCP and TLS together'),
  responseMs: option(milliseconds, 30_000, 'Time for one attempt until its response head'),
  firstByteMs: option(
    milliseconds,
    Infinity,
    'Time from the response head to what `winAt` waits for, the first byte or the first event',
  ),
  idleMs: option(
    milliseconds,
    60_000,
    'Silence of an endpoint within a response body, or before it takes more of a request body',
  ),
  totalMs: option(
    milliseconds,
    Infinity,
    'Time for all attempts of a request together, until it is settled which response is given',
  ),
  clientMs: option(
    milliseconds,
    Infinity,
    'Time for which a client may leave a part of the body unread, 64 KiB at most, before its response is broken off',
  ),
} satisfies OptionTable<TimeoutOptions>;
