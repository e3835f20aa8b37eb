import type { ClientHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { BalancingProxyError } from '../../../errors.ts';
import { connectTimeout } from '../../message/explain.ts';
import type { Http2Connection } from './connection.ts';
import type { ConnectSettings } from './socket.ts';

/** A connection whose endpoint has not yet said how many streams it takes. */
interface NewConnection {
  /** The connection. */
  readonly connection: Http2Connection;
  /** The socket below it. */
  readonly socket: TLSSocket;
  /** When the socket began to be opened, by `performance.now()`. */
  readonly startedAtMs: number;
}

/**
 * Waits until a connection can take streams, within what is left of `connectMs`.
 * @throws when the endpoint says nothing in time, turns the connection away, or takes no streams.
 */
export async function untilOpen(opened: NewConnection, settings: ConnectSettings): Promise<void> {
  const { connection, socket, startedAtMs } = opened;
  const onTime = (): void => void socket.destroy(connectTimeout(settings));
  const limitMs = startedAtMs + settings.connectMs - performance.now();
  const timer = limitMs < Infinity ? setTimeout(onTime, limitMs) : undefined;
  const hello = settingsOf(connection.session).finally(() => clearTimeout(timer));
  await hello.catch((error: Error) => {
    throw connection.isTurnedAway ? turnedAway(settings, error) : error;
  });
  if (connection.isTurnedAway) throw turnedAway(settings);
  // Another connection would take no streams either, and the next one after that.
  if (!connection.mayTakeStream) {
    connection.session.destroy();
    throw new Error('it takes no requests');
  }
}

/** The error of an endpoint that is about to stop; another process of the endpoint may take the next connection. */
function turnedAway({ address: { name } }: ConnectSettings, cause?: Error): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_NOT_PROCESSED', `${name} closes a new connection at once`, { cause });
}

/** Waits for the settings of the endpoint, before which nobody knows how many streams there may be. */
function settingsOf(session: ClientHttp2Session): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  session
    .once('remoteSettings', () => resolve())
    .once('error', reject)
    .once('close', () => reject(new Error('closed')));
  return promise;
}
