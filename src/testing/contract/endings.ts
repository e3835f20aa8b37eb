import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import http2, { type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import type { ContractCase } from '../stage/contract-case.ts';
import type { TestServer } from '../stage/servers.ts';
import type { Stage } from '../stage/stage.ts';

/** A body whose beginning `half` has come, and how it goes on. */
interface BodyEnd<Sender> {
  /** The body and its end, as the object of "ends" or "never ends". */
  readonly what: string;
  /** Whether the end that comes is a clean one. */
  readonly isWhole: boolean;
  /** Sends what is left, and what is no body any more. */
  finish(sender: Sender): unknown;
}

/** The same over HTTP/1.1, with the bytes of the head and the beginning. */
interface RawBodyEnd extends BodyEnd<Socket> {
  readonly begun: string;
}

const closing = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf';
const oldClosing = 'HTTP/1.0 200 OK\r\n\r\nhalf';
const measured = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf';
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n';

const atFin = (bytes = '') => ({ isWhole: false, finish: (socket: Socket) => socket.end(bytes) });
const atReset = (bytes = '') => ({
  isWhole: false,
  finish: (socket: Socket) => socket.write(bytes, () => socket.resetAndDestroy()),
});
const open = (bytes: string) => ({ isWhole: false, finish: (socket: Socket) => socket.write(bytes) });

const rawEndings: readonly RawBodyEnd[] = [
  { what: 'a body that the connection ends with, at FIN', begun: closing, ...atFin(), isWhole: true },
  { what: 'such a body of HTTP/1.0, at FIN', begun: oldClosing, ...atFin(), isWhole: true },
  { what: 'a body that the connection ends with, at a reset', begun: closing, ...atReset() },
  { what: 'such a body of HTTP/1.0, at a reset', begun: oldClosing, ...atReset() },
  { what: 'a body with a length that is cut short by FIN', begun: measured, ...atFin() },
  { what: 'a body with a length of which FIN takes the last byte', begun: measured, ...atFin('full') },
  { what: 'a body with a length that is cut short by a reset', begun: measured, ...atReset() },
  { what: 'a chunked body at FIN between chunks', begun: chunked, ...atFin() },
  { what: 'a chunked body at FIN within a size', begun: chunked, ...atFin('4') },
  { what: 'a chunked body at FIN within a chunk', begun: chunked, ...atFin('4\r\nfu') },
  { what: 'a chunked body at FIN before the end of its last chunk', begun: chunked, ...atFin('0\r\n') },
  { what: 'a chunked body at FIN before the last byte of all', begun: chunked, ...atFin('0\r\n\r') },
  { what: 'a chunked body at FIN within its trailers', begun: chunked, ...atFin('0\r\nX-T: t\r\n') },
  { what: 'a chunked body at a reset between chunks', begun: chunked, ...atReset() },
  { what: 'a chunked body at a reset within a chunk', begun: chunked, ...atReset('4\r\nfu') },
  { what: 'a chunked body at a reset before the end of its last chunk', begun: chunked, ...atReset('0\r\n') },
  { what: 'a chunked body with a size that is none', begun: chunked, ...open('zz\r\nfull\r\n0\r\n\r\n') },
  { what: 'a chunked body with an empty size', begun: chunked, ...open('\r\n0\r\n\r\n') },
  { what: 'a chunked body with a chunk that is too long', begun: chunked, ...open('2\r\nfull\r\n0\r\n\r\n') },
  { what: 'a chunked body with a header for a size', begun: chunked, ...open('HTTP/1.1 200 OK\r\n\r\n') },
];

/** On Node 22 a reset that comes in one moment with bytes before it is read as FIN, which only a body notices that FIN ends. */
const mayComeAtOnce = ({ begun, isWhole }: RawBodyEnd): boolean =>
  isWhole || (begun !== closing && begun !== oldClosing);

/** Tries the end when the beginning was read, and when both come at once. */
const endsHttp1 = [
  ...rawEndings.map(
    (ending): ContractCase => ({
      name: sentence(ending),
      async play(stage) {
        const begun = Promise.withResolvers<Socket>();
        const server = await stage.startTcp((socket) => {
          socket.once('data', () => socket.write(ending.begun, 'latin1', () => begun.resolve(socket)));
        });
        const response = await stage.send(server.url);
        await firstPieceOf(response);
        ending.finish(await begun.promise);
        await endsAs(response, ending);
      },
    }),
  ),
  ...rawEndings.filter(mayComeAtOnce).map(
    (ending): ContractCase => ({
      name: `${sentence(ending)}, which comes with all before it`,
      async play(stage) {
        const server = await stage.startTcp((socket) => {
          socket.once('data', () => {
            socket.write(ending.begun, 'latin1');
            ending.finish(socket);
          });
        });
        // A transport may also see the break before it has given the head.
        const response = await stage.send(server.url).catch(() => undefined);
        if (response) await endsAs(response, ending);
        assert.ok(response || !ending.isWhole);
      },
    }),
  ),
];

/** A response over HTTP/2 whose beginning was sent. */
interface SentHttp2 {
  readonly stream: ServerHttp2Stream;
  readonly server: TestServer;
}

/** The same over HTTP/2, with the length that the head announces. */
interface Http2BodyEnd extends BodyEnd<SentHttp2> {
  readonly length?: number;
}

const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL } = http2.constants;

const resetWith = (code: number) => ({ isWhole: false, finish: ({ stream }: SentHttp2) => stream.close(code) });
const ended = (rest: string) => ({ isWhole: false, finish: ({ stream }: SentHttp2) => stream.end(rest) });
const onSockets = (act: (socket: Socket) => unknown) => ({
  isWhole: false,
  finish: ({ server }: SentHttp2) => {
    for (const socket of server.sockets) act(socket);
  },
});
const goaway = (code: number, after: (sent: SentHttp2) => unknown) => ({
  isWhole: false,
  finish: (sent: SentHttp2) => {
    sent.stream.session?.goaway(code, sent.stream.id);
    after(sent);
  },
});
const endStream = ({ stream }: SentHttp2) => stream.end();
const endSession = ({ stream }: SentHttp2) => stream.session?.destroy();

const http2Endings: readonly Http2BodyEnd[] = [
  { what: 'a stream without a length at its END_STREAM', ...ended(''), isWhole: true },
  { what: 'a stream with a length at its END_STREAM', length: 4, ...ended(''), isWhole: true },
  { what: 'a stream at its END_STREAM behind a GOAWAY', ...goaway(NGHTTP2_NO_ERROR, endStream), isWhole: true },
  { what: 'a stream that ends short of its length', length: 9, ...ended('') },
  { what: 'a stream that ends one byte short of its length', length: 9, ...ended('full') },
  { what: 'a stream that ends beyond its length', length: 4, ...ended('more') },
  { what: 'a stream that is reset with NO_ERROR', ...resetWith(NGHTTP2_NO_ERROR) },
  { what: 'a stream with a length that is reset with NO_ERROR', length: 9, ...resetWith(NGHTTP2_NO_ERROR) },
  { what: 'a stream that is reset with INTERNAL_ERROR', ...resetWith(NGHTTP2_INTERNAL_ERROR) },
  { what: 'a stream that is reset with CANCEL', ...resetWith(NGHTTP2_CANCEL) },
  { what: 'a stream at the end of its connection behind a GOAWAY', ...goaway(NGHTTP2_NO_ERROR, endSession) },
  { what: 'the same with INTERNAL_ERROR', ...goaway(NGHTTP2_INTERNAL_ERROR, endSession) },
  { what: 'a stream whose connection ends with FIN', ...onSockets((socket) => socket.end()) },
  { what: 'a stream whose connection is reset', ...onSockets((socket) => socket.resetAndDestroy()) },
];

const endsHttp2 = http2Endings.map(
  (ending): ContractCase => ({
    name: sentence(ending),
    isForHttp1: false,
    isForHttp2: true,
    play: async (stage) => endsAs(...(await begunOverHttp2(stage, ending))),
  }),
);

async function begunOverHttp2(stage: Stage, ending: Http2BodyEnd): Promise<[UpstreamResponse, Http2BodyEnd]> {
  const begun = Promise.withResolvers<ServerHttp2Stream>();
  const { length } = ending;
  const server = await stage.start((_, res) => {
    const { stream } = res as ServerResponse & { readonly stream: ServerHttp2Stream };
    stream.on('error', () => {});
    res.writeHead(200, length === undefined ? {} : { 'content-length': length }).write('half');
    begun.resolve(stream);
  });
  const response = await stage.send(server.url);
  await firstPieceOf(response);
  ending.finish({ stream: await begun.promise, server });
  return [response, ending];
}

function sentence({ what, isWhole }: Pick<BodyEnd<never>, 'what' | 'isWhole'>): string {
  return `${isWhole ? 'ends' : 'never ends'} ${what}`;
}

/** Waits until a piece of the body is there, and leaves it to be read. */
async function firstPieceOf({ body }: UpstreamResponse): Promise<void> {
  if (body.readableLength === 0) await once(body, 'readable');
}

async function endsAs(response: UpstreamResponse, { isWhole }: Pick<BodyEnd<never>, 'isWhole'>): Promise<void> {
  const reading = text(response.body);
  if (isWhole) assert.equal(await reading, 'half');
  else await assert.rejects(reading);
  if (!isWhole) assert.equal(response.takeWhole?.(), undefined);
}

/** Cases about bodies that are whole and bodies that are not. */
export const endingCases: readonly ContractCase[] = [...endsHttp1, ...endsHttp2];
