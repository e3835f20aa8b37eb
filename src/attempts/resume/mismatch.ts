import { firstValueOf, type HeaderList } from '../../http/headers.ts';
import { bytesOfRange, contentRangeOf, strongEtagOf } from '../../http/ranges.ts';
import { contentCodingsOf, mediaTypeOf } from '../../http/representation.ts';
import { announcedBytesOf } from '../../transports/message/response-body.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import type { Rest } from './rest.ts';

/** Why a response does not bring the rest of a body exactly; undefined when it does, as far as its head tells. */
export function mismatchOf(response: UpstreamResponse, rest: Rest): string | undefined {
  return isPartAsked(response, rest) ? partMismatch(response, rest) : wholeMismatch(response, rest);
}

/** Whether a response begins with the first byte that the client lacks, as it was asked to. */
export function isPartAsked({ status }: UpstreamResponse, { isByRange, of }: Rest): boolean {
  // A server need not heed a range. All of the body, where that comes, can be compared.
  return isByRange && (status === 206 || !of.mayReplay);
}

function partMismatch(response: UpstreamResponse, { of: { named, headers }, atByte }: Rest): string | undefined {
  if (response.status !== 206 || !named) return `its status is ${response.status} and not 206`;
  if (strongEtagOf(response.headers) !== named.etag) return 'its ETag is another one';
  const { firstByte, lastByte, completeBytes } = named.range;
  const range = contentRangeOf(response.headers);
  if (range?.firstByte !== firstByte + atByte || range.lastByte !== lastByte || range.completeBytes !== completeBytes) {
    return 'its Content-Range is not the one that was asked for';
  }
  const length = announcedBytesOf(response, 'GET');
  if (length !== undefined && length !== bytesOfRange(range)) return 'its Content-Length contradicts its Content-Range';
  return differentRepresentation(headers, response.headers);
}

function wholeMismatch(response: UpstreamResponse, { of: { status, headers }, atByte }: Rest): string | undefined {
  if (response.status !== status) return `its status is ${response.status} and not ${status}`;
  if (areDifferent(headers, response.headers, 'etag')) return 'its ETag is another one';
  if (areDifferent(headers, response.headers, 'content-length')) return 'its Content-Length is another one';
  if (areDifferent(headers, response.headers, 'content-type', mediaTypeOf)) return 'its Content-Type is another one';
  const length = announcedBytesOf(response, 'GET');
  if (length !== undefined && length < atByte) return 'its Content-Length is less than what the client has';
  if (status === 206 && JSON.stringify(contentRangeOf(headers)) !== JSON.stringify(contentRangeOf(response.headers))) {
    return 'its Content-Range is another one';
  }
  return differentRepresentation(headers, response.headers);
}

/** Whether another representation of the same resource has come. */
function differentRepresentation(first: HeaderList, second: HeaderList): string | undefined {
  if (contentCodingsOf(first) !== contentCodingsOf(second)) return 'its Content-Encoding is another one';
  return areDifferent(first, second, 'last-modified') ? 'its Last-Modified is another one' : undefined;
}

/** Whether two heads both have a field, with different values. */
function areDifferent(
  first: HeaderList,
  second: HeaderList,
  name: string,
  read = (value: string): string => value.trim(),
): boolean {
  const [one, other] = [firstValueOf(first, name), firstValueOf(second, name)];
  return one !== undefined && other !== undefined && read(one) !== read(other);
}
