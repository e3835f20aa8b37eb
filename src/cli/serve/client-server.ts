import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import { maxTimerMs } from '../../support/timer.ts';
import type { Configuration } from '../config/configuration.ts';

/** The words of node:http to a client that does not send a whole head in time. */
const requestTimeout = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** Makes the server for clients, which does not listen yet. */
export function createClientServer(
  { certificate, values }: Pick<Configuration, 'certificate' | 'values'>,
  listener: RequestListener,
): http.Server | https.Server {
  const settings = {
    keepAliveTimeout: keepAliveOf(values),
    headersTimeout: 60_000,
    // By default node:http ends every upload that takes longer than five minutes, however well it goes.
    requestTimeout: 0,
    // Java's HttpClient asks for h2c with every request; node:http reads no body of a request that it takes for an upgrade.
    shouldUpgradeCallback: (req: IncomingMessage) => !hasBody(req),
  };
  const server = certificate
    ? https.createServer({ ...settings, ...certificate }, listener)
    : http.createServer(settings, listener);
  server.prependListener('request', (req, res) => {
    if (hasBody(req)) limitSilence(req, res, values['client-body-timeout']);
  });
  return server;
}

/** The time in the terms of node:http, for which 0 is no limit, and which adds some to it for its own timer. */
function keepAliveOf({ 'keep-alive-timeout': ms }: Configuration['values']): number {
  return ms > maxTimerMs - 10_000 ? 0 : ms;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Ends a request whose client is silent for this time before its body is whole, with 408 where there is no answer yet
 * (RFC 9110 15.5.9). A client that has to wait because the endpoint reads slowly is not silent.
 * @param limitMs milliseconds; silence is noticed before twice this time is over. 0 is no limit.
 */
function limitSilence(req: IncomingMessage, res: ServerResponse, limitMs: number): void {
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
