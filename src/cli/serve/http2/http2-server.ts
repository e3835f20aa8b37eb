import type { RequestListener } from 'node:http';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Server, ServerOptions } from 'node:https';
import type { Server as TlsServer } from 'node:tls';

/**
 * Bytes that a client may send ahead of us, in one upload and in all uploads of a connection: with the protocol's 64 KiB a client that
 * is 50 ms away uploads 0.7 MB/s, with this 6 MB/s. As much as an upload may have by default, so that it costs no more memory.
 */
const windowBytes = 1_048_576;

/** By how many bytes a head may be too large and still get an answer that says so; of a larger one Node resets the stream. */
const refusableBytes = 65_536;

/**
 * How we speak HTTP/2 with clients, beyond what Node does by itself: limits of its own hold against clients that take requests back at
 * once, or never end a head.
 */
const http2Options = {
  // As many streams as nginx; Node has no limit, and each stream may hold a window of bytes.
  settings: { maxConcurrentStreams: 128, initialWindowSize: windowBytes },
  // As many fields as node:http takes, beside the four that stand for its request line; by default these are 128 together.
  maxHeaderListPairs: 2_004,
  // In megabytes: no limit. What a client has not read yet counts, and Node would refuse its other requests; -client-write-timeout
  // ends the responses that are not read, and each has a bounded number of bytes in memory.
  maxSessionMemory: 1_000_000,
};

/** The settings of a server for HTTP/1.1 that one for both protocols has to be given by hand. */
type Http1Settings = Pick<Server, 'keepAliveTimeout' | 'headersTimeout' | 'requestTimeout'> & {
  readonly maxHeaderSize: number;
  readonly shouldUpgradeCallback: ServerOptions['shouldUpgradeCallback'];
};

/** Makes a server that speaks HTTP/2 with clients that offer it by ALPN, and HTTP/1.1 with all others. */
export function createHttp2Server(
  {
    keepAliveTimeout,
    headersTimeout,
    requestTimeout,
    shouldUpgradeCallback,
    maxHeaderSize,
    ...secure
  }: Http1Settings & ServerOptions,
  listener: RequestListener,
): Server {
  const settings = { ...http2Options.settings, maxHeaderListSize: maxHeaderSize + refusableBytes };
  const options = { ...secure, ...http2Options, settings, allowHTTP1: true, noDelay: true };
  // A server of node:http2 has all of node:https that is used here, and its messages pass for those of HTTP/1.1.
  const server = http2.createSecureServer(options) as TlsServer as Server;
  // Node 22 takes none of them as options of this server, and all versions put a function of their own in the place of the last.
  Object.assign(server, { keepAliveTimeout, headersTimeout, requestTimeout, shouldUpgradeCallback, maxHeaderSize });
  server.prependListener('stream', endWithBody);
  // The window of a connection has no option.
  server.on('session', (session: ServerHttp2Session) => session.setLocalWindowSize(windowBytes));
  return server.on('request', listener);
}

/**
 * Has the last byte of a body that has a length end the stream, as nothing follows it: the same holds over HTTP/1.1. Node would wait for
 * trailers, and end each response by a frame of its own. That takes half of its requests a second (12,500 rather than 23,500 for
 * h2load), and HAProxy 2.6 holds the end of a response back for 200 ms until that frame comes.
 */
function endWithBody(stream: ServerHttp2Stream): void {
  const { respond } = stream;
  stream.respond = (headers, options) => {
    const waitForTrailers = options?.waitForTrailers === true && !(headers && 'content-length' in headers);
    respond.call(stream, headers, { ...options, waitForTrailers });
  };
}
