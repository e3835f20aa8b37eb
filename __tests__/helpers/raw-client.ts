import net from 'node:net';

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
  readonly body: Buffer;
  readonly trailer: string | undefined;
}

export interface RawAsk {
  /** @default '127.0.0.1' */
  readonly host?: string;
  readonly port: number;
  readonly path: string;
  readonly patienceMs: number;
  /** @default '1.1' */
  readonly version?: '1.0' | '1.1';
  /** Lines beside `Host` and `Connection`. */
  readonly headers?: readonly string[];
  /** Is told of the bytes, head and framing included, that have come so far. */
  readonly onBytes?: (bytes: number) => void;
}

/** Sends one GET on a connection of its own, keeps all bytes until that ends, and takes them apart then. */
export function ask({ host = '127.0.0.1', port, patienceMs, onBytes, ...request }: RawAsk): Promise<SeenAnswer> {
  const { promise, resolve } = Promise.withResolvers<SeenAnswer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const socket = net.connect(port, host);
  const settle = (end: SeenAnswer['end']): void => {
    clearTimeout(timer);
    resolve(takenApart(Buffer.concat(chunks), end));
    socket.destroy();
  };
  const timer = setTimeout(() => settle('hanging'), patienceMs);
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    onBytes?.(bytes);
  });
  socket.on('end', () => settle('fin'));
  socket.on('error', () => settle('reset'));
  socket.write(headOf(request));
  return promise;
}

function headOf({ path, version = '1.1', headers = [] }: Pick<RawAsk, 'path' | 'version' | 'headers'>): string {
  return [`GET ${path} HTTP/${version}`, 'Host: proxy', 'Connection: close', ...headers, '', ''].join('\r\n');
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
    if (at <= bytes.length && bytes.toString('latin1', at - 2, at) !== '\r\n') return contentOf(chunks, false);
  }
}

function contentOf(parts: readonly Buffer[], isWhole: boolean, trailer?: string): Content {
  return { isWhole, body: Buffer.concat(parts), trailer };
}
