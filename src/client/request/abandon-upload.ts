import type { IncomingMessage } from 'node:http';
import { constants as http2Constants } from 'node:http2';
import { http2StreamOf } from '../../http/http2-stream.ts';

/**
 * Throws the rest of an upload away, so that its connection can be used again. Over HTTP/2 the stream would stay open until the
 * client ends the upload, so the client is told to stop once its response is out (RFC 9113 8.1).
 */
export function abandonUpload(req: IncomingMessage): void {
  req.unpipe();
  req.resume();
  const stream = http2StreamOf(req);
  if (!stream || stream.readableEnded) return;
  const stop = (): void => stream.close(http2Constants.NGHTTP2_NO_ERROR);
  if (stream.writableFinished) stop();
  else stream.once('finish', stop);
}
