import type { IncomingHttpHeaders } from 'node:http';
import http2, { type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { testCertificate } from '../../../src/testing/testing.ts';
import { listen, type TestServer } from '../../helpers/servers.ts';
import { type Answer, answerFor } from './answer.ts';
import { chunkEnds } from './cell.ts';
import type { Play, Role } from './scene.ts';

const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR } = http2.constants;

/** Losers are reset, many in a short time. */
const patience = { streamResetBurst: 1_000_000, streamResetRate: 1_000_000, maxSessionMemory: 1_000 };

/** Starts an endpoint of HTTP/2 whose frames, and the connection under them, are ours. */
export async function startHttp2Endpoint(role: Role, play: Play): Promise<TestServer> {
  const server = http2.createSecureServer({ ...testCertificate, ...patience });
  const listening = await listen(server);
  server.on('sessionError', () => {});
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders & { readonly ':path'?: string }) => {
    stream.on('error', () => {});
    const ask = { role, range: headers.range, ifRange: headers['if-range'] as string | undefined };
    void play(headers[':path'] ?? '', ask, async (scene) => {
      const given = answerFor(scene, ask);
      await answer(stream, given);
      return () => doFault(stream, socketsUnder(stream, listening), given);
    });
  });
  return Object.defineProperty(listening, 'url', { value: listening.url.replace('http:', 'https:') });
}

/** The TCP connection of a stream; none when it is gone. */
function socketsUnder({ session }: ServerHttp2Stream, { sockets }: TestServer): readonly Socket[] {
  return [...sockets].filter(({ remotePort }) => remotePort === session?.socket.remotePort);
}

async function answer(stream: ServerHttp2Stream, { status, fields, length, body, sent, fault }: Answer): Promise<void> {
  if (stream.destroyed) return;
  const named = fields.map(([name, value]) => [name.toLowerCase(), value]);
  const head = { ':status': status, ...Object.fromEntries(named) };
  // Node sends END_STREAM before it resets a stream, unless trailers are still to come.
  const waitForTrailers = fault.startsWith('RST_STREAM');
  stream.respond(length === undefined ? head : { ...head, 'content-length': length }, { waitForTrailers });
  const end = fault === 'announces less' || fault === 'announces more' ? body.length : sent;
  let start = 0;
  for (const border of chunkEnds(body.length)) {
    const piece = body.subarray(start, Math.min(border, end));
    if (piece.length > 0) await written(stream, piece);
    start = border;
  }
}

/** Resolves when the bytes have gone out, or never will. */
function written(stream: ServerHttp2Stream, bytes: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('close', resolve);
  stream.write(bytes, () => resolve());
  return promise.finally(() => stream.off('close', resolve));
}

function doFault(stream: ServerHttp2Stream, sockets: readonly Socket[], { fault }: Answer): void {
  if (fault === 'none' || fault.startsWith('announces')) stream.end();
  else if (fault === 'RST_STREAM(NO_ERROR)') stream.close(NGHTTP2_NO_ERROR);
  else if (fault === 'RST_STREAM(INTERNAL_ERROR)') stream.close(NGHTTP2_INTERNAL_ERROR);
  if (fault === 'GOAWAY and FIN') stream.session?.goaway(NGHTTP2_NO_ERROR, stream.id);
  for (const socket of sockets) {
    if (fault === 'RST') socket.resetAndDestroy();
    else if (fault === 'FIN' || fault === 'GOAWAY and FIN') socket.end();
  }
}
