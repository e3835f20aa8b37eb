import { type HeaderList, valuesOf } from './headers.ts';
import { contentCodingsOf, mediaTypeOf } from './representation.ts';

/** Media types of bodies whose parts are meant for the client one by one. */
const eventTypes: ReadonlySet<string> = new Set([
  'text/event-stream',
  'application/x-ndjson',
  'application/json-seq',
  'multipart/x-mixed-replace',
]);

/**
 * Whether the body of a response is a stream of events, none of which may wait for the next one: by its media type, in any case and
 * with any parameters, or by `X-Accel-Buffering: no`, with which nginx is told not to buffer.
 */
export function isEventStream(headers: HeaderList): boolean {
  const isUnbuffered = (value: string) => value.trim().toLowerCase() === 'no';
  return (
    valuesOf(headers, 'content-type').some(isEventType) || valuesOf(headers, 'x-accel-buffering').some(isUnbuffered)
  );
}

/** Whether the events of a body can be read: it is a `text/event-stream`, and no content coding such as gzip is on it. */
export function hasReadableEvents(headers: HeaderList): boolean {
  return (
    valuesOf(headers, 'content-type').some((contentType) => mediaTypeOf(contentType) === 'text/event-stream') &&
    contentCodingsOf(headers) === ''
  );
}

function isEventType(contentType: string): boolean {
  const type = mediaTypeOf(contentType);
  // gRPC has types of its own for each encoding, such as `application/grpc-web+proto`.
  return eventTypes.has(type) || type.startsWith('application/grpc');
}
