import type { ClientRequest } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { type Readable, Transform, type Writable } from 'node:stream';

/** How long an endpoint that has answered already may leave the rest of a request unread. */
const unreadMs = 500;

/**
 * Without a body node:http gives PROPFIND, QUERY and the like an empty chunked one, which some servers refuse
 * (node-http-proxy 373, 1343). Only headers set one by one can have their framing taken off.
 */
export function sendUnframed(client: ClientRequest, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) client.appendHeader(headers[i] ?? '', headers[i + 1] ?? '');
  client.removeHeader('Content-Length');
  client.removeHeader('Transfer-Encoding');
}

/** Sends a stream that is not ours: when the attempt ends first, the stream must stay usable for whoever owns it. */
export function pipeBody(body: Readable, stream: Writable): void {
  const onBroken = (): void => void stream.destroy(new Error('the request body broke off'));
  body.on('error', onBroken).on('close', onBroken);
  body.once('end', () => body.off('close', onBroken));
  const gate = createGate();
  stream.once('close', () => {
    body.unpipe(gate).off('error', onBroken).off('close', onBroken);
    gate.destroy();
  });
  body.pipe(gate).pipe(stream);
}

/**
 * Holds every chunk back until what has come from the network is read. An endpoint may answer early and close, as node:http
 * does with 413: the next write fails then and takes the unread answer with it (http-proxy-middleware 265).
 */
function createGate(): Transform {
  return new Transform({ transform: (chunk, _encoding, done) => void setImmediate(done, null, chunk) });
}

/** When a request has been sent to its end. */
export interface SendingEnd {
  readonly until: 'finish' | 'drain';
  readonly of: Writable;
}

/**
 * Closes the connection, or the stream of one, of an endpoint that has answered but stopped reading, which would keep it for
 * ever.
 */
export function limitRest(connection: Socket | ClientHttp2Stream, { until, of: sending }: SendingEnd): void {
  const onTime = (): void => {
    // A rest that was small enough for the buffer goes out without a 'drain'.
    if (sending.writableLength > 0) connection.destroy();
    else connection.setTimeout(0);
  };
  connection.setTimeout(unreadMs, onTime);
  sending.once(until, () => connection.setTimeout(0, onTime));
}
