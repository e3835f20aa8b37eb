import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

/** The HTTP/2 stream of a client's request or of its response; undefined over HTTP/1.1. */
export function http2StreamOf(message: object): ServerHttp2Stream | undefined {
  return 'stream' in message ? (message.stream as ServerHttp2Stream | undefined) : undefined;
}

/** Whether the client of a response is gone; over HTTP/2 only the stream tells. */
export function isClientGone(res: ServerResponse): boolean {
  const stream = http2StreamOf(res);
  return stream ? stream.destroyed : res.destroyed;
}
