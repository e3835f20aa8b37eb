import type { IncomingMessage, ServerResponse } from 'node:http';
import { maxTimerMs } from '../../support/timer.ts';

/** The words of node:http to a client that does not send a whole head in time. */
const requestTimeout = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/**
 * Ends a request whose client is silent for this time before its body is whole, with 408 where there is no answer yet
 * (RFC 9110 15.5.9). A client that has to wait because the endpoint reads slowly is not silent.
 * @param limitMs milliseconds; silence is noticed before twice this time is over. 0 is no limit.
 */
export function limitSilence(req: IncomingMessage, res: ServerResponse, limitMs: number): void {
  if (limitMs === 0 || limitMs > maxTimerMs) return;
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
  // A timer of our own, because node:http uses the socket's for idle connections.
  const timer = setInterval(look, limitMs);
  const stop = (): void => clearInterval(timer);
  req.once('end', stop).once('close', stop);
}
