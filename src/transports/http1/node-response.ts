import type http from 'node:http';
import { joined } from '../../support/consume.ts';
import type { UpstreamResponse } from '../message/transport.ts';

/** Parts of a response that node:http does not know. */
interface ResponseExtras {
  /** The reason phrase as it came: got puts a phrase of its own in the place of an empty one. */
  readonly reason: string | undefined;
  /** As in {@link UpstreamResponse}; undefined for a request without a long body. */
  readonly isUploading?: (() => boolean) | undefined;
}

/** A response of node:http as the response of a transport. */
export function toUpstreamResponse(
  response: http.IncomingMessage,
  { reason = '', isUploading = () => false }: ResponseExtras,
): UpstreamResponse {
  return {
    status: response.statusCode ?? 0,
    statusText: reason,
    headers: response.rawHeaders,
    body: response,
    takeWhole: () => takeWhole(response),
    isUploading,
    trailers: () => response.rawTrailers,
  };
}

/** Gives a body that came in one packet with its head: all of it is here before anybody listens. */
function takeWhole(response: http.IncomingMessage): Buffer | undefined {
  if (!response.complete || response.destroyed) return undefined;
  const chunks: Buffer[] = [];
  // Since Node 26 `read()` gives one chunk at a time.
  for (let chunk = response.read(); chunk !== null; chunk = response.read()) chunks.push(chunk as Buffer);
  return joined(chunks);
}
