import type { Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import { listen, type TestServer } from '../helpers/servers.ts';

/** An HTTP/2 frame (RFC 9113 4.1). */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const frameTypes = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  push: 5,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;
export const endStream = 1;
export const endHeaders = 4;
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** An endpoint that writes its frames itself: for what Node's own server never does. */
export interface RawHttp2Server {
  /** With https. */
  readonly url: string;
  readonly tls: { readonly ca: string };
  readonly server: TestServer;
  /** All frames that came, over all connections. */
  readonly frames: readonly Frame[];
  readonly sockets: readonly TLSSocket[];
  close(): Promise<void>;
}

export interface RawHttp2Behaviour {
  readonly onConnection?: (socket: TLSSocket) => void;
  /** A request whose head has come. */
  readonly onRequest?: (socket: TLSSocket, stream: number) => void;
}

/** Starts one that sends its settings, unless it is told what to do with a connection; nobody waits for it to acknowledge ours. */
export async function startRawHttp2(behaviour: RawHttp2Behaviour = {}): Promise<RawHttp2Server> {
  const { onConnection = (socket) => void socket.write(settings()), onRequest } = behaviour;
  const certificate = await createCertificate();
  const frames: Frame[] = [];
  const sockets: TLSSocket[] = [];
  const endpoint = tls.createServer({ ...certificate, ALPNProtocols: ['h2'] }, (socket) => {
    sockets.push(socket.on('error', () => {}));
    onConnection(socket);
    readFrames(socket, preface.length, (frame) => {
      frames.push(frame);
      if (frame.type === frameTypes.headers) onRequest?.(socket, frame.stream);
    });
  });
  const server = await listen(endpoint.on('tlsClientError', () => {}));
  const url = server.url.replace('http:', 'https:');
  return { url, tls: { ca: certificate.cert }, server, frames, sockets, close: () => server.close() };
}

/** Gives each frame that comes. @param skip the bytes before the first one. */
export function readFrames(socket: Socket, skip: number, onFrame: (frame: Frame) => void): void {
  let rest = Buffer.alloc(0);
  let start = skip;
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= start + 9) {
      const end = start + 9 + rest.readUIntBE(start, 3);
      if (rest.length < end) return;
      const frame = {
        type: rest.readUInt8(start + 3),
        flags: rest.readUInt8(start + 4),
        stream: rest.readUInt32BE(start + 5),
        payload: rest.subarray(start + 9, end),
      };
      rest = rest.subarray(end);
      start = 0;
      onFrame(frame);
    }
  });
}

/** The bytes of a frame. */
export function frameOf({ type, flags = 0, stream = 0 }: Partial<Frame>, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type ?? 0, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => void bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

/** Settings that leave everything as it is, or limit the streams that we may open. */
export function settings(maxConcurrentStreams?: number): Buffer {
  const limit = Buffer.alloc(6);
  limit.writeUInt16BE(3, 0);
  limit.writeUInt32BE(maxConcurrentStreams ?? 0, 2);
  return frameOf({ type: frameTypes.settings }, maxConcurrentStreams === undefined ? undefined : limit);
}

/** A client's first bytes: the preface, and settings and a window with which all of a response is sent at once. */
export function unlimitedPreface(): Buffer {
  const widest = 2 ** 31 - 1;
  const initialWindow = Buffer.alloc(6);
  initialWindow.writeUInt16BE(4, 0);
  initialWindow.writeUInt32BE(widest, 2);
  const window = frameOf({ type: frameTypes.window }, uint32(widest - 65_535));
  return Buffer.concat([Buffer.from(preface), frameOf({ type: frameTypes.settings }, initialWindow), window]);
}

/** A GET of a path, with these names and values, as all of a request. */
export function getRequest(stream: number, path: string, ...fields: readonly string[]): Buffer {
  const pseudo = Buffer.from([0x82, 0x86, 0x41, 1, 'h'.charCodeAt(0), 0x44, path.length]);
  const payload = Buffer.concat([pseudo, Buffer.from(path), literals(fields)]);
  return frameOf({ type: frameTypes.headers, flags: endHeaders | endStream, stream }, payload);
}

/** A response head with status 200, and these names and values. */
export function head(stream: number, ...fields: readonly string[]): Buffer {
  return frameOf({ type: frameTypes.headers, flags: endHeaders, stream }, block(fields));
}

/** The same as all of a response. */
export function onlyHead(stream: number, ...fields: readonly string[]): Buffer {
  return frameOf({ type: frameTypes.headers, flags: endHeaders | endStream, stream }, block(fields));
}

/** The status 200 and some fields. */
function block(fields: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from([0x88]), literals(fields)]);
}

/** Fields of at most 126 bytes each, as literals (RFC 7541 6.2.2). */
function literals(fields: readonly string[]): Buffer {
  const encoded = fields.map((text, index) => {
    const bytes = Buffer.from(text, 'latin1');
    return Buffer.concat([Buffer.from(index % 2 === 0 ? [0, bytes.length] : [bytes.length]), bytes]);
  });
  return Buffer.concat(encoded);
}

export function data(stream: number, text: string): Buffer {
  return frameOf({ type: frameTypes.data, stream }, Buffer.from(text));
}

export function lastData(stream: number, text: string): Buffer {
  return frameOf({ type: frameTypes.data, flags: endStream, stream }, Buffer.from(text));
}

export function reset(stream: number, code: number): Buffer {
  return frameOf({ type: frameTypes.reset, stream }, uint32(code));
}

/** The promise to send `/` of the host `h` as the stream `promised`, unasked. */
export function pushPromise(stream: number, promised: number): Buffer {
  const request = Buffer.from([0x82, 0x87, 0x84, 0x41, 1, 'h'.charCodeAt(0)]);
  return frameOf({ type: frameTypes.push, flags: endHeaders, stream }, Buffer.concat([uint32(promised), request]));
}

export function goaway(lastStream: number, code: number): Buffer {
  return frameOf({ type: frameTypes.goaway }, uint32(lastStream, code));
}
