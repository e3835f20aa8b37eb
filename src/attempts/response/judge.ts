import { isEventStream } from '../../http/event-stream.ts';
import { isSwitchAsked } from '../../http/protocols.ts';
import { announcedBytesOf, responseFault } from '../../transports/message/response-body.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import type { AttemptOptions } from '../attempt/attempt-settings.ts';
import type { OutgoingRequest } from '../request/outgoing.ts';

/** The verdict on a response, as far as its head tells. */
export interface Verdict {
  /** The endpoint's fault, in words that follow its name; the attempt has failed then. */
  readonly fault: string | undefined;
  /** Whether the status may be given to the client. */
  readonly isTerminal: boolean;
  /** Whether the response, if it is usable, need not wait for a better one. */
  readonly isPreferred: boolean;
  /** The bytes that the body announces, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  /**
   * When the response wins, if it may win at all: when its body is `whole`, so that one that is cut short has failed; when its body was
   * `held` for as long as may be, as nobody knows its length; or `at-head`, with a body that is streamed.
   */
  readonly wins: 'at-head' | 'held' | 'whole';
}

/** Judges a response by its head and by nothing else. */
export function judge(
  response: UpstreamResponse,
  request: Pick<OutgoingRequest, 'method' | 'headers' | 'isUpgrade'>,
  options: Pick<AttemptOptions, 'terminalStatuses' | 'preferStatuses' | 'holdBytes' | 'holdMs'>,
): Verdict {
  const { status, upgraded } = response;
  const { isUpgrade } = request;
  const { terminalStatuses, preferStatuses } = options;
  const isTerminal = isUpgrade ? status === 101 : terminalStatuses(status);
  const announcedBytes = announcedBytesOf(response, request.method);
  return {
    fault: faultOf(response, request),
    isTerminal,
    isPreferred: isUpgrade || preferStatuses(status),
    announcedBytes,
    wins: upgraded ? 'at-head' : winsWhen(response, announcedBytes, options),
  };
}

function winsWhen(
  { headers }: UpstreamResponse,
  announcedBytes: number | undefined,
  { holdBytes, holdMs }: Pick<AttemptOptions, 'holdBytes' | 'holdMs'>,
): Verdict['wins'] {
  if (announcedBytes !== undefined) return announcedBytes <= holdBytes ? 'whole' : 'at-head';
  return holdBytes === 0 || holdMs === 0 || isEventStream(headers) ? 'at-head' : 'held';
}

function faultOf(
  response: UpstreamResponse,
  { headers, isUpgrade }: Pick<OutgoingRequest, 'headers' | 'isUpgrade'>,
): string | undefined {
  const { status, upgraded } = response;
  if (upgraded && !isSwitchAsked(headers, response.headers)) return 'switched to protocols that it was not asked for';
  if (status === 101 && !(isUpgrade && upgraded)) {
    return 'switched protocols without being asked to, or without saying to which';
  }
  const fault = responseFault(response);
  return fault && `answered with ${fault}`;
}
