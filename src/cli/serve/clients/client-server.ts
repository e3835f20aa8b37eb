import http, { type IncomingMessage, type RequestListener } from 'node:http';
import https from 'node:https';
import { maxTimerMs } from '../../../support/timer.ts';
import type { Configuration } from '../../config/configuration.ts';
import { createHttp2Server } from '../http2/http2-server.ts';
import { hasBody, limitSilence } from './silence.ts';

/** A server for clients, whatever they speak: requests over HTTP/2 look as those over HTTP/1.1 do. */
export type ClientServer = http.Server | https.Server;

/** Milliseconds in which a client has to come up with a handshake, and then with a head over HTTP/1.1. */
const headMs = 60_000;

/** Makes the server for clients, which does not listen yet. */
export function createClientServer(
  { certificate, values }: Pick<Configuration, 'certificate' | 'values'>,
  listener: RequestListener,
): ClientServer {
  const settings = {
    keepAliveTimeout: keepAliveOf(values),
    headersTimeout: headMs,
    maxHeaderSize: values['max-header-size'],
    // By default node:http ends every upload that takes longer than five minutes, however well it goes.
    requestTimeout: 0,
    // Java's HttpClient asks for h2c with every request; node:http reads no body of a request that it takes for an upgrade.
    shouldUpgradeCallback: (req: IncomingMessage) => !hasBody(req),
  };
  const secure = certificate && { ...certificate, handshakeTimeout: headMs };
  const server = secure
    ? (values['http2-clients'] ? createHttp2Server : https.createServer)({ ...settings, ...secure }, listener)
    : http.createServer(settings, listener);
  server.prependListener('request', (req, res) => limitSilence(req, res, values['client-body-timeout']));
  return server;
}

/** The time in the terms of node:http, for which 0 is no limit, and which adds some to it for its own timer. */
function keepAliveOf({ 'keep-alive-timeout': ms }: Configuration['values']): number {
  return ms > maxTimerMs - 10_000 ? 0 : ms;
}
