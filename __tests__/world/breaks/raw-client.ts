import net from 'node:net';
import { digestOf } from '../traffic/bodies.ts';

/** What a client that trusts no parser has seen of an answer. */
export interface SeenAnswer extends Content {
  readonly status: number;
  /** How the connection ended: with FIN, with a reset, or not within the client's patience. */
  readonly end: 'fin' | 'reset' | 'hanging';
  readonly head: string;
}

interface Content {
  /** Whether the message is whole by its own framing. */
  readonly isWhole: boolean;
  readonly bytes: number;
  readonly digest: string;
  readonly trailer: string | undefined;
}

export interface RawRequest {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly patienceMs: number;
}

/** Sends one request on a connection of its own, keeps all bytes until that ends, and takes them apart then. */
export function ask({ host, port, path, patienceMs }: RawRequest): Promise<SeenAnswer> {
  const { promise, resolve } = Promise.withResolvers<SeenAnswer>();
  const chunks: Buffer[] = [];
  const socket = net.connect(port, host);
  const settle = (end: SeenAnswer['end']): void => {
    clearTimeout(timer);
    resolve(takenApart(Buffer.concat(chunks), end));
    socket.destroy();
  };
  const timer = setTimeout(() => settle('hanging'), patienceMs);
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => settle('fin'));
  socket.on('error', () => settle('reset'));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n`);
  return promise;
}

function takenApart(bytes: Buffer, end: SeenAnswer['end']): SeenAnswer {
  const headEnd = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, Math.max(headEnd, 0));
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  const body = bytes.subarray(headEnd + 4);
  if (headEnd === -1) return { status, end, head, ...contentOf([], false) };
  if (/^transfer-encoding: *chunked/im.test(head)) return { status, end, head, ...dechunked(body) };
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  const isWhole = length === undefined ? end === 'fin' : body.length === Number(length);
  return { status, end, head, ...contentOf([body], isWhole) };
}

function dechunked(bytes: Buffer): Content {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, Math.max(lineEnd, at)), 16);
    if (Number.isNaN(size)) return contentOf(chunks, false);
    if (size === 0) {
      const rest = bytes.toString('latin1', lineEnd);
      return contentOf(chunks, rest.endsWith('\r\n\r\n'), /x-sum: *(\w+)/i.exec(rest)?.[1]);
    }
    const begin = lineEnd + 2;
    chunks.push(bytes.subarray(begin, begin + size));
    at = begin + size + 2;
  }
}

function contentOf(parts: readonly Buffer[], isWhole: boolean, trailer?: string): Content {
  const body = Buffer.concat(parts);
  return { isWhole, bytes: body.length, digest: digestOf(body), trailer };
}
