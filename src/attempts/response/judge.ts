import { isSwitchAsked } from '../../http/protocols.ts';
import { announcedBytesOf, responseFault } from '../../transports/message/response-body.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import type { AttemptOptions } from '../attempt/attempt-settings.ts';
import type { OutgoingRequest } from '../request/outgoing.ts';
import { isSmall } from './small-body.ts';

/** What the head of a response decides. */
export interface Verdict {
  /** What the endpoint did wrong, behind its name; the attempt has failed then. */
  readonly fault: string | undefined;
  /** Whether the response may be given to the client, as far as its status tells. */
  readonly isTerminal: boolean;
  /** Whether a usable response need not wait for a better one. */
  readonly isPreferred: boolean;
  /** The bytes that the body announces, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  /** When a usable response wins: at its head, or when its body is whole, because a small one that is cut short is a failed attempt. */
  readonly wins: 'at-head' | 'whole';
}

/** Decides by the head of a response, and by nothing else, what may become of it. */
export function judge(
  response: UpstreamResponse,
  request: Pick<OutgoingRequest, 'method' | 'headers' | 'isUpgrade'>,
  { terminalStatuses, preferStatuses }: Pick<AttemptOptions, 'terminalStatuses' | 'preferStatuses'>,
): Verdict {
  const { status, upgraded } = response;
  const { isUpgrade } = request;
  const isTerminal = isUpgrade ? status === 101 : terminalStatuses(status);
  const announcedBytes = announcedBytesOf(response, request.method);
  return {
    fault: faultOf(response, request),
    isTerminal,
    isPreferred: isUpgrade || preferStatuses(status),
    announcedBytes,
    wins: isTerminal && !upgraded && isSmall(announcedBytes) ? 'whole' : 'at-head',
  };
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
