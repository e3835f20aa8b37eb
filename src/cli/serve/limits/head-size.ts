import type { IncomingMessage, RequestListener } from 'node:http';
import { answerShortly } from './answer-shortly.ts';

/** The colon, the blank and the end of a line of a head over HTTP/1.1. */
const perField = 4;

/**
 * Answers 431 to requests over HTTP/2 whose head is too large, and gives all others to a listener. Over HTTP/1.1 node:http does so by
 * itself, and over HTTP/2 it knows no answer but a reset.
 * @param maxBytes the most bytes that a head may have, written as over HTTP/1.1.
 */
export function refusingLargeHeads(maxBytes: number, listener: RequestListener): RequestListener {
  return (req, res) => {
    if (req.httpVersionMajor < 2 || bytesOf(req) <= maxBytes) listener(req, res);
    else answerShortly(req, res, { status: 431, text: '431 the head of the request is too large\n' });
  };
}

function bytesOf({ rawHeaders }: IncomingMessage): number {
  let bytes = (rawHeaders.length / 2) * perField;
  for (const part of rawHeaders) bytes += part.length;
  return bytes;
}
