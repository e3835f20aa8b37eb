import type { IncomingMessage } from 'node:http';
import type { WinAt } from '../attempts/attempt/attempt-settings.ts';
import type { IsUsable } from '../attempts/attempt/inspected-response.ts';
import type { ResumeMode } from '../attempts/resume/resumable.ts';
import { byteCount, functionOf, graceMs, milliseconds, oneOf, wholeNumberFrom } from '../support/parser/kinds.ts';
import { inWords, none, type OptionTable, option } from '../support/parser/option.ts';
import { resumeModes, winPoints } from './choices.ts';
import { statusesFrom, type TerminalStatuses, usualStatuses } from './statuses.ts';

/** Which responses may be given to the client, when, and how far they are looked after. */
export interface AnswerOptions<Request extends IncomingMessage = IncomingMessage> {
  /**
   * Statuses that may be given to the client. A response of any other status is discarded while another endpoint may answer.
   * @default '100,200,300,400'
   */
  readonly terminalStatuses?: TerminalStatuses | undefined;
  /**
   * Asked when the status has passed: whether this response may be given to the client. It is for APIs that answer 200 with an error
   * inside. When the function throws, rejects or does not settle within `timeouts.responseMs`, the attempt has failed.
   * @default none
   */
  readonly isUsable?: IsUsable<Request> | undefined;
  /**
   * Most bytes that `response.body()` gives to `isUsable`. More than `holdBytes` are never read.
   * @default 65_536
   */
  readonly inspectLimitBytes?: number | undefined;
  /**
   * Statuses that win at once, written like `terminalStatuses`. Any other usable response is held for `preferGraceMs` while a better
   * one may come. Where some mirrors are incomplete, for example, a fast 404 does not beat a 200 with `'200,300'`.
   * @default every terminal status
   */
  readonly preferStatuses?: TerminalStatuses | undefined;
  /**
   * Time for which a response that is not of `preferStatuses` is held, in milliseconds; meanwhile the next attempt starts.
   * @default 100
   */
  readonly preferGraceMs?: number | undefined;
  /**
   * Most bytes of a response body that are waited for before the response may win, because another endpoint can be asked when it breaks
   * off. A body that announces at most so many wins when it is whole, one that announces more at its head. In bytes.
   * @default 65_536
   */
  readonly holdBytes?: number | undefined;
  /**
   * Time after its head for which a response of unknown length is held, unless it is whole or `holdBytes` long before. Streams of events
   * are not held. 0 streams at once, Infinity waits for `holdBytes` or the end. In milliseconds.
   * @default 50
   */
  readonly holdMs?: number | undefined;
  /**
   * What must have come of a streamed body before its response may win: `'head'`, nothing of it; `'first-byte'`; or `'first-event'`, of
   * a `text/event-stream` the first event with data, of any other body the first byte.
   * @default 'head'
   */
  readonly winAt?: WinAt | undefined;
  /**
   * How the body of a GET goes on when its endpoint breaks off or falls silent after the client was begun to be given it. `'range'` asks
   * another endpoint for the rest, where the response has a length and a strong `ETag`; `'replay'` has in all other cases the whole asked
   * for again, and compared with what the client has; `'off'` breaks the client's message off.
   * @default 'range'
   */
  readonly resume?: ResumeMode | undefined;
  /**
   * Most breaks within one response that are mended, as long as each endpoint that goes on brings at least a byte. After 8 MiB without a
   * break the count begins anew.
   * @default 10
   */
  readonly maxResumes?: number | undefined;
}

/** The options of {@link AnswerOptions}. */
export const answerOptions = {
  terminalStatuses: option(statusesFrom(usualStatuses), usualStatuses, 'Statuses that may be given to the client'),
  isUsable: option(
    functionOf<IsUsable>(),
    none,
    'Asked when the status has passed: whether this response may be given to the client',
  ),
  inspectLimitBytes: option(byteCount, 65_536, 'Most bytes that `response.body()` gives to `isUsable`'),
  preferStatuses: option(
    statusesFrom('100-599'),
    inWords('every terminal status', () => () => true),
    'Statuses that win at once, written like `terminalStatuses`',
  ),
  preferGraceMs: option(milliseconds, 100, 'Time for which a response that is not of `preferStatuses` is held'),
  holdBytes: option(byteCount, 65_536, 'Most bytes of a response body that are waited for before the response may win'),
  holdMs: option(
    graceMs,
    50,
    'Time after its head for which a response of unknown length is held, unless it is whole or `holdBytes` long before',
  ),
  winAt: option(oneOf(winPoints), winPoints[0], 'What must have come of a streamed body before its response may win'),
  resume: option(
    oneOf(resumeModes),
    resumeModes[0],
    'How the body of a GET goes on when its endpoint breaks off or falls silent',
  ),
  maxResumes: option(wholeNumberFrom(0), 10, 'Most breaks within one response that are mended'),
} satisfies OptionTable<Record<keyof AnswerOptions, unknown>>;
