import type { IncomingMessage } from 'node:http';
import type { RequestBody } from '../../attempts/request/request-body.ts';
import { lengthOnWire } from '../../http/on-wire.ts';
import { isJson, matchWithWire } from './parsed-text.ts';

/** A request whose body a parser may have read. */
type ParsedRequest = IncomingMessage & {
  readonly body?: unknown;
  readonly rawBody?: unknown;
  /** Set by Express 4's parsers when they begin to read. */
  readonly _body?: unknown;
};

/** A body that is made of what a parser has left. */
type ReplayedBody = RequestBody & { readonly content: Buffer };

/**
 * The body that a parser has read before us, or undefined when the parser left nothing that could be sent again. Decoded text is
 * encoded anew, as UTF-8.
 */
export function replayParsedBody(req: IncomingMessage): ReplayedBody | undefined {
  const { rawBody, body } = req as ParsedRequest;
  // The JSON parser leaves `{}` of an empty body; sent again, `{}` would no longer be empty.
  if (lengthOnWire(req) === '0') return { content: Buffer.alloc(0), state: 'untouched' };
  for (const candidate of [rawBody, body]) {
    if (candidate instanceof Uint8Array) {
      const content = Buffer.from(candidate.buffer, candidate.byteOffset, candidate.length);
      return { content, state: 'inflated' };
    }
  }
  const text = typeof rawBody === 'string' ? rawBody : textFor(req, body);
  return text === undefined ? undefined : { content: Buffer.from(text), state: 'decoded' };
}

/** The text to send again for a parsed body, or undefined when the text is not known for sure. */
function textFor(req: ParsedRequest, body: unknown): string | undefined {
  const contentType = req.headers['content-type'] ?? '';
  const isJsonType = /^[^;]*[/+]json\b/i.test(contentType);
  if (typeof body === 'string') return stringFor(req, body, isJsonType);
  if (body === undefined || isLeftByFailure(req, body)) return undefined;
  try {
    if (isJsonType) return encodeJson(body);
    if (/^\s*application\/x-www-form-urlencoded\b/i.test(contentType)) return encodeForm(body);
  } catch {
    // Other middleware may have put something there that is no data, or contains itself.
  }
  return undefined;
}

/**
 * The text to send again for a string. A string that is the body as it came is sent as it is. A string that was read out of JSON is
 * written as JSON again: sent bare, it would be another value than the one that was checked here, even an object
 * (GHSA-v2v2-hph8-q5xp).
 */
function stringFor(req: ParsedRequest, text: string, isJsonType: boolean): string | undefined {
  const match = matchWithWire(req, text);
  if (match === 'same') return text;
  if (isJsonType) return JSON.stringify(text);
  // An app may have changed a text to any other. JSON may also come from a parser that takes all types for JSON: nobody knows.
  return isJson(text) || matchWithWire(req, JSON.stringify(text)) === 'same' ? undefined : text;
}

/** Whether a parser of Express 4 has failed: it sets `{}` before it reads, and leaves `{}` of a body that is too long or broken. */
function isLeftByFailure(req: ParsedRequest, body: unknown): boolean {
  const isEmpty = typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
  return isEmpty && req._body === true && matchWithWire(req, '{}') !== 'same';
}

/** A value as JSON, or undefined with a number such as `1e999`: a parser reads Infinity, which would be written as null. */
function encodeJson(value: unknown): string | undefined {
  const text: string | undefined = JSON.stringify(value);
  if (!text?.includes('null')) return text;
  let isWhole = true;
  JSON.stringify(value, (_, inner: unknown) => {
    isWhole &&= typeof inner !== 'number' || Number.isFinite(inner);
    return inner;
  });
  return isWhole ? text : undefined;
}

/** A form as the urlencoded parsers read it: `a=1&a=2` for a list, `a[b]=1` for a nested value. */
function encodeForm(form: unknown): string | undefined {
  if (typeof form !== 'object' || form === null) return undefined;
  return new URLSearchParams([...formEntries(form, '', 0)]).toString();
}

function* formEntries(value: unknown, name: string, depth: number): Iterable<[string, string]> {
  if (typeof value !== 'object' || value === null) {
    yield [name, String(value ?? '')];
    return;
  }
  const isList = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  // Without brackets the simple parser reads lists, too, but no list of one item and no nested list.
  const listName = isList && (value.length === 1 || depth > 1) ? `${name}[]` : name;
  for (const [key, inner] of Object.entries(value)) {
    yield* formEntries(inner, isList ? listName : depth === 0 ? key : `${name}[${key}]`, depth + 1);
  }
}
