import { once } from 'node:events';
import type http from 'node:http';
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import { type Resources, readAll } from '../helpers/proxy.ts';
import type { Running } from './command.ts';
import { temporaryFile } from './files.ts';

/** Files with a certificate and its key, and the flags that name them. */
export async function certificateFiles(resources: Resources, name?: string) {
  const { cert, key } = await createCertificate(name);
  const files = { cert: temporaryFile(resources, 'cert.pem', cert), key: temporaryFile(resources, 'key.pem', key) };
  return { ca: cert, files, flags: ['-tls-cert', files.cert, '-tls-key', files.key] };
}

/** The port on which a command listens. */
export async function portOf(command: Running): Promise<number> {
  return Number(new URL(await command.url()).port);
}

/** Sends a request over TLS, in HTTP/1.1, and reads the whole response. */
export async function requestSecurely(port: number, settings: https.RequestOptions & tls.ConnectionOptions) {
  const client = https.get({ host: '127.0.0.1', port, agent: false, ...settings });
  const [res] = (await once(client, 'response')) as [http.IncomingMessage];
  return readAll(res);
}

/** A connection over TLS, after its handshake. */
export async function connectSecurely(
  resources: Resources,
  port: number,
  settings: tls.ConnectionOptions,
): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port, ...settings }).on('error', () => {});
  resources.use({ close: () => socket.destroy() });
  await once(socket, 'secureConnect');
  return socket;
}

/** A connection over HTTP/2 as a client has it. */
export async function connectHttp2(resources: Resources, port: number, ca: string): Promise<ClientHttp2Session> {
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca }).on('error', () => {});
  resources.use({ close: () => session.destroy() });
  await once(session, 'connect');
  return session;
}

/** A response over HTTP/2. */
export interface Http2Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Reads the whole response to a request over HTTP/2; rejects when it is broken off. */
export async function answerTo(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const [[headers], body] = await Promise.all([once(stream, 'response'), text(stream)]);
  return { status: headers[':status'], headers, text: body };
}
