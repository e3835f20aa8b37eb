import net from 'node:net';
import { resultWithin } from '../../../src/support/timer.ts';
import { ask } from '../../helpers/raw-client.ts';
import {
  endStream,
  type Frame,
  frameTypes,
  getRequest,
  readFrames,
  unlimitedPreface,
} from '../../transports/raw-http2.ts';
import type { Cell } from './cell.ts';

/** What the client has seen. */
export interface Seen {
  readonly status: number;
  /** Whether the message is whole by its own framing. */
  readonly isWhole: boolean;
  readonly isHanging: boolean;
  readonly body: Buffer;
  /** Whether trailers have come. */
  readonly hasTrailers: boolean;
}

export interface ClientRequest {
  /** Where HTTP/1.1 is spoken, and where HTTP/2 is. */
  readonly ports: { readonly http1: number; readonly http2: number };
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Is told of the bytes that have come so far, those of the head included. */
  readonly onBytes: (bytes: number) => void;
}

const patienceMs = 20_000;

/** Sends a GET over a connection of its own. */
export async function askAs(client: Cell['client'], request: ClientRequest): Promise<Seen> {
  if (client === 'HTTP/2') return askHttp2(request);
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  const version = client === 'HTTP/1.0' ? '1.0' : '1.1';
  const seen = await ask({ ...request, port: request.ports.http1, headers, version, patienceMs });
  const { status, isWhole, body, end, trailer } = seen;
  return { status, isWhole, body, isHanging: end === 'hanging', hasTrailers: trailer !== undefined };
}

/** Reads the frames itself: Node takes END_STREAM before a reset for a break, and others do not. */
async function askHttp2({ ports, path, headers, onBytes }: ClientRequest): Promise<Seen> {
  const socket = net.connect(ports.http2, '127.0.0.1').on('error', () => {});
  socket.write(Buffer.concat([unlimitedPreface(), getRequest(1, path, ...Object.entries(headers).flat())]));
  const response = new Http2Response();
  readFrames(socket, 0, (frame) => {
    if (response.isOver || frame.stream !== 1) return;
    response.take(frame);
    onBytes(response.bytes);
    if (response.isOver) socket.destroy();
  });
  const closed = new Promise((resolve) => socket.once('close', () => resolve(true)));
  const isClosed = await resultWithin(patienceMs, () => closed);
  socket.destroy();
  const { status, isWhole, body, hasTrailers } = response;
  return { status, isWhole, isHanging: !isClosed, body, hasTrailers };
}

/** The first byte of a response head that nobody has written before, by its status (RFC 7541 A). */
const statusBytes: Readonly<Record<number, number>> = { 136: 200, 138: 206, 142: 500 };

/** A response as its frames come. */
class Http2Response {
  status = 0;
  isWhole = false;
  isOver = false;
  hasTrailers = false;
  bytes = 0;
  readonly #chunks: Buffer[] = [];

  get body(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  take({ type, flags, payload }: Frame): void {
    this.bytes += payload.length;
    if (type === frameTypes.data) this.#chunks.push(payload);
    if (type === frameTypes.headers) this.#takeHeaders(payload);
    if (type === frameTypes.headers || type === frameTypes.data) this.isWhole = (flags & endStream) > 0;
    this.isOver = this.isWhole || type === frameTypes.reset;
  }

  #takeHeaders(payload: Buffer): void {
    if (this.status !== 0) this.hasTrailers = true;
    // Any other status is one of ours for an error.
    else this.status = statusBytes[payload[0] ?? 0] ?? 502;
  }
}
