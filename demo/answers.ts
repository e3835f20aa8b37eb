import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { breakOff, middleOf } from './break-off.ts';

/** How an answer goes out. */
export interface Delivery {
  /** Whether it goes out without a length, in chunks. */
  readonly isChunked: boolean;
  /** Whether it goes out as gzip. */
  readonly isZipped: boolean;
  /** The share of its body after which it breaks off, 0 to 1; undefined for one that comes whole. */
  readonly breaksAfter: number | undefined;
}

/** What an answer says. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers a request with a text, in two pieces. */
export function sendText(res: ServerResponse, { status, text, headers }: Answer, delivery: Delivery): void {
  const body = delivery.isZipped ? gzipSync(text) : Buffer.from(text);
  res.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    ...(delivery.isZipped && { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }),
    ...(!delivery.isChunked && { 'Content-Length': body.length }),
    ...headers,
  });
  const middle = middleOf(body.length, delivery.breaksAfter ?? 0.5);
  const first = body.subarray(0, middle);
  if (delivery.breaksAfter !== undefined) {
    breakOff(res, first);
  } else {
    res.write(first);
    res.end(body.subarray(middle));
  }
}
