import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants as http2Constants, type ServerHttp2Stream } from 'node:http2';
import { callAfterReading, maxTimerMs } from '../../../support/timer.ts';

/** The words of node:http to a client that does not send a whole head in time. */
const requestTimeout = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** A request over HTTP/2, as node:http2 passes it off for one of HTTP/1.1. */
type Http2Request = IncomingMessage & { readonly stream?: ServerHttp2Stream };

/** Whether a request over HTTP/1.1 has a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Ends a request whose client is silent for this time before its body is whole, with 408 where there is no answer yet
 * (RFC 9110 15.5.9). A client that has to wait because the endpoint reads slowly is not silent.
 * @param limitMs milliseconds; silence is noticed before twice this time is over. 0 is no limit.
 */
export function limitSilence(req: IncomingMessage, res: ServerResponse, limitMs: number): void {
  if (limitMs === 0 || limitMs > maxTimerMs) return;
  const { stream } = req as Http2Request;
  if (!stream) {
    if (hasBody(req)) limitSilentConnection(req, res, limitMs);
  } else if (!stream.endAfterHeaders) limitSilentStream(req, stream, limitMs);
}

function limitSilentConnection(req: IncomingMessage, res: ServerResponse, limitMs: number): void {
  const { socket } = req;
  let bytesSeen = socket.bytesRead;
  const look = (): void => {
    // The client waits for us, or for the response to the request before.
    const isWaiting = req.readableLength > 0 || (res.socket === null && !res.writableFinished);
    if (isWaiting || socket.bytesRead > bytesSeen) {
      bytesSeen = socket.bytesRead;
      return;
    }
    stop();
    if (!res.headersSent) socket.write(requestTimeout);
    socket.destroySoon();
  };
  let cancelLook = (): void => {};
  // A timer of our own, because node:http uses the socket's for idle connections.
  const timer = setInterval(() => (cancelLook = callAfterReading(0, look)), limitMs);
  const stop = (): void => {
    clearInterval(timer);
    cancelLook();
  };
  req.once('end', stop).once('close', stop);
}

/**
 * Node counts a stream's bytes, both ways, for its own timer only. NO_ERROR tells the client that the answer is whole (RFC 9113 8.1);
 * other streams of the connection go on.
 */
function limitSilentStream(req: IncomingMessage, stream: ServerHttp2Stream, limitMs: number): void {
  const look = (): void => {
    if (req.readableEnded || stream.closed) return;
    if (req.readableLength > 0 || stream.readableLength > 0) return void stream.setTimeout(limitMs);
    if (stream.headersSent) stream.close(http2Constants.NGHTTP2_CANCEL);
    else {
      stream.respond({ ':status': 408 }, { endStream: true });
      stream.close(http2Constants.NGHTTP2_NO_ERROR);
    }
  };
  stream.setTimeout(limitMs, look);
  req.once('end', () => stream.setTimeout(0));
}
