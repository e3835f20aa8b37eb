import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { clientTimeout } from '../connection/client-faults.ts';
import { closeGently, reset, resetWhenFlushed } from '../connection/close.ts';

/** Milliseconds of silence after which TCP asks whether the other side is still there: a WebSocket may be silent for ever. */
const keepAliveMs = 30_000;

/** Two connections that are joined; whoever joins them owns both. */
interface JoinedConnections {
  /** The client's connection. */
  readonly client: Duplex;
  /** The endpoint's connection. */
  readonly upstream: Duplex;
  /** Milliseconds that the client may leave what was written to it unread, or Infinity. */
  readonly clientMs: number;
}

/**
 * Copies both ways until both connections are closed. Each way ends by itself, because a side that has said all may still listen. A
 * reset of one side resets the other.
 * @returns the number of bytes that came from the endpoint.
 * @throws BalancingProxyError `ERR_BRP_CLIENT_TIMEOUT` when the client read nothing for too long, once both are closed.
 */
export function joinConnections({ client, upstream, clientMs }: JoinedConnections): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let bytes = 0;
  let open = 2;
  let error: Error | undefined;
  const onClose = (): void => {
    if (--open > 0) return;
    if (error) reject(error);
    else resolve(bytes);
  };
  // Before the listeners of `link`: a pipe whose target has closed pauses its source, which is read on to its end after that.
  client.pipe(upstream);
  upstream.pipe(client);
  link(client, upstream);
  link(upstream, client);
  client.once('close', onClose);
  upstream.once('close', onClose);
  upstream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  if (clientMs < Infinity) {
    watchReading({ client, upstream, clientMs }, () => {
      error = clientTimeout(clientMs);
      reset(client);
      upstream.destroy();
    });
  }
  return promise;
}

/** Gives the end of one side to the other. */
function link(from: Duplex, to: Duplex): void {
  // Node would end our side of a connection together with the other one.
  from.allowHalfOpen = true;
  (from as Partial<Socket>).setKeepAlive?.(true, keepAliveMs);
  // A side that breaks after its end, as when it has closed and we write on, takes nothing from the other side.
  const isBroken = (): boolean => from.errored !== null && !from.readableEnded;
  from.on('error', () => {}).once('close', () => (isBroken() ? resetWhenFlushed(to) : closeGently(to)));
}

/** Calls back when the client has left what it was sent unread for `clientMs`. */
function watchReading({ client, upstream, clientMs }: JoinedConnections, onTime: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(timer);
  // `pipe` pauses the endpoint's side until the client has read.
  upstream.on('pause', () => {
    if (!client.writableNeedDrain || client.destroyed) return;
    stop();
    timer = setTimeout(onTime, clientMs);
  });
  client.on('drain', stop).once('close', stop);
}
