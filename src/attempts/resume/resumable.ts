import { Readable } from 'node:stream';
import { isEventStream } from '../../http/event-stream.ts';
import { contentLengthOf, type HeaderList } from '../../http/headers.ts';
import {
  asksForOnePart,
  bytesOfRange,
  type ContentRange,
  contentRangeOf,
  refusesRanges,
  strongEtagOf,
} from '../../http/ranges.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import type { OutgoingRequest } from '../request/outgoing.ts';

/** How a broken body is gone on with: only by a range of what a strong `ETag` names, also by all of it once more, or not at all. */
export type ResumeMode = 'range' | 'replay' | 'off';

/** A response whose rest can be asked for elsewhere, should it break off. */
export interface ResumableResponse {
  /** The status that the client has, 200 or 206. */
  readonly status: number;
  /** The head that the client has, as the endpoint gave it. */
  readonly headers: HeaderList;
  /** The bytes that the response carries, of those that the `ETag` names; undefined where no range can be asked for. */
  readonly named: { readonly etag: string; readonly range: ContentRange } | undefined;
  /** Whether all of the body may be asked for again, and compared. */
  readonly mayReplay: boolean;
}

/** The response as one that can be resumed; undefined when it cannot, whatever the others answer. */
export function resumable(
  { status, headers, upgraded }: UpstreamResponse,
  request: Pick<OutgoingRequest, 'method' | 'headers' | 'body'>,
  mode: ResumeMode,
): ResumableResponse | undefined {
  if (mode === 'off' || upgraded || request.method !== 'GET' || request.body instanceof Readable) return undefined;
  const isPart = status === 206;
  if (!isPart && status !== 200) return undefined;
  if ((isPart && !contentRangeOf(headers)) || !asksForOnePart(request.headers) || isEventStream(headers)) {
    return undefined;
  }
  const named = namedBytes(headers, isPart);
  const mayReplay = mode === 'replay';
  return named || mayReplay ? { status, headers, named, mayReplay } : undefined;
}

/** The bytes of a response that another endpoint knows by their names. */
function namedBytes(headers: HeaderList, isPart: boolean): ResumableResponse['named'] {
  const etag = strongEtagOf(headers);
  const range = isPart ? partOf(headers) : wholeOf(headers);
  return etag !== undefined && range && !refusesRanges(headers) ? { etag, range } : undefined;
}

function partOf(headers: HeaderList): ContentRange | undefined {
  const range = contentRangeOf(headers);
  const length = contentLengthOf(headers);
  return range && (length === undefined || length === bytesOfRange(range)) ? range : undefined;
}

function wholeOf(headers: HeaderList): ContentRange | undefined {
  const completeBytes = contentLengthOf(headers);
  return completeBytes ? { firstByte: 0, lastByte: completeBytes - 1, completeBytes } : undefined;
}
