import type { IncomingMessage } from 'node:http';
import { lengthOnWire, onWire } from '../../http/on-wire.ts';

/** How the text that a parser has left compares with the bytes that came. */
type Match = 'same' | 'other' | 'unknown';

/** Charsets in which every character is one byte. */
const singleByte = /^(?:us-ascii|ascii|latin1|iso-8859-\d{1,2}|windows-125\d)$/i;

/**
 * Whether a text is the body as it came, or a value that was read out of the body: `express.text()` leaves the one,
 * `express.json()` the other, and a string does not tell. The length tells, because a string in JSON is at least by two quotes longer
 * than its value. Where bytes that are no text were replaced, an attacker can make up for the quotes: the length tells nothing.
 */
export function matchWithWire(req: IncomingMessage, text: string): Match {
  const came = lengthOnWire(req);
  const length = lengthIn(charsetOf(req.headers['content-type'] ?? ''), text);
  if (came === undefined || isCompressed(req) || length === undefined) return 'unknown';
  if (length !== Number(came)) return 'other';
  return text.includes('\ufffd') ? 'unknown' : 'same';
}

function isCompressed(req: IncomingMessage): boolean {
  const coding = onWire(req, 'content-encoding')?.trim().toLowerCase() ?? '';
  return coding !== '' && coding !== 'identity';
}

/**
 * The `charset` of a media type, in lower case, or undefined where parsers may read another one: an attacker could make up for the
 * quotes of a string if we counted in other bytes than the parser.
 */
function charsetOf(contentType: string): string | undefined {
  const mentions = contentType.match(/charset/gi)?.length ?? 0;
  if (mentions === 0) return '';
  const plain = /;[ \t]*charset=("?)([\w.:-]+)\1[ \t]*(?:;|$)/i.exec(contentType);
  return mentions === 1 ? plain?.[2]?.toLowerCase() : undefined;
}

/** The number of bytes that a text has in a charset, or undefined for an unknown charset. */
function lengthIn(charset: string | undefined, text: string): number | undefined {
  if (charset === '' || charset === 'utf-8' || charset === 'utf8') return Buffer.byteLength(text);
  return charset !== undefined && singleByte.test(charset) ? text.length : undefined;
}

/** Whether a text is valid JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
