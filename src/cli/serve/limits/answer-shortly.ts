import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants as http2Constants, type ServerHttp2Stream } from 'node:http2';

/** A response to a client, which over HTTP/2 has a stream. */
export type AnyResponse = ServerResponse & { readonly stream?: ServerHttp2Stream };

/** An answer that needs no endpoint. */
interface ShortAnswer {
  readonly status: number;
  /** A line of ASCII. */
  readonly text: string;
  /** @default none beside those of the body */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request whose body is not wanted. */
export function answerShortly(req: IncomingMessage, res: AnyResponse, { status, text, headers }: ShortAnswer): void {
  res.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': text.length });
  res.end(req.method === 'HEAD' ? undefined : text);
  // Node reads the rest of an upload over HTTP/1.1 away. Over HTTP/2 the client is told to stop (RFC 9113 8.1).
  const { stream } = res;
  stream?.once('finish', () => stream.readableEnded || stream.close(http2Constants.NGHTTP2_NO_ERROR));
}
