import http, { type IncomingMessage, type RequestListener } from 'node:http';
import https from 'node:https';
import { maxTimerMs } from '../../support/timer.ts';
import type { Configuration } from '../config/configuration.ts';
import { limitSilence } from './upload-silence.ts';

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
