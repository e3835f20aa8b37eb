import { without } from '../../http/headers.ts';
import { bytesOfRange } from '../../http/ranges.ts';
import type { OutgoingRequest } from '../request/outgoing.ts';
import type { ResumableResponse } from './resumable.ts';

/** The rest of a body that has broken off, as it is wanted from another endpoint. */
export interface Rest {
  /** The response that the client was begun to be given. */
  readonly of: ResumableResponse;
  /** The bytes of its body that the client has. */
  readonly atByte: number;
  /** Whether the rest alone is asked for, and not all of the body once more. */
  readonly isByRange: boolean;
  /** The SHA-256 of the bytes that the client has; undefined where no body is compared. */
  readonly digest: Buffer | undefined;
}

/** Most bytes that are asked for once more where the rest could be asked for alone: equal tags over different bytes are noticed so. */
const maxComparedBytes = 8_388_608;

/** Conditions of the client (RFC 9110 13.1), which concern what it has had before; the one of the rest takes their place. */
const conditions: ReadonlySet<string> = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
]);
const conditionsAndRange: ReadonlySet<string> = new Set([...conditions, 'range']);

/** How the rest of a body is asked for: by range, as a whole, or not at all, because nothing is left that a range could name. */
export function wayToRest(
  { named, mayReplay }: ResumableResponse,
  atByte: number,
): Pick<Rest, 'isByRange'> | undefined {
  const isRangeLeft = named !== undefined && atByte < bytesOfRange(named.range);
  if (isRangeLeft && (!mayReplay || atByte > maxComparedBytes)) return { isByRange: true };
  return mayReplay ? { isByRange: false } : undefined;
}

/** The request for the rest of a body: the client's, as it would ask for what it lacks. */
export function requestForRest(outgoing: OutgoingRequest, { of, atByte, isByRange }: Rest): OutgoingRequest {
  const { named, status } = of;
  if (isByRange && named) {
    const { firstByte, lastByte } = named.range;
    const range = ['Range', `bytes=${firstByte + atByte}-${lastByte}`, 'If-Range', named.etag];
    return { ...outgoing, headers: [...without(outgoing.headers, conditionsAndRange), ...range] };
  }
  // A range that was answered with all of the body, because of a condition that is left out now, must be left out, too.
  return { ...outgoing, headers: without(outgoing.headers, status === 206 ? conditions : conditionsAndRange) };
}
