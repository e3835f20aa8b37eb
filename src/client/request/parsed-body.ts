import type { IncomingMessage } from 'node:http';
import type { BodyState } from '../../attempts/request-body.ts';
import { lengthOnWire } from '../../http/on-wire.ts';
import { isJson, matchWithWire } from './parsed-text.ts';

/** A request that a body parser has been at. */
type ParsedRequest = IncomingMessage & {
  readonly body?: unknown;
  readonly rawBody?: unknown;
  /** Express 4's parsers have begun to read. */
  readonly _body?: unknown;
};

export interface ReplayedBody {
  readonly content: Buffer;
  readonly state: BodyState;
}

/**
 * A body that a parser has read before us, or undefined when it left nothing that could be sent again. What was decoded
 * is encoded anew, as UTF-8.
 */
export function replayParsedBody(req: IncomingMessage): ReplayedBody | undefined {
  const { rawBody, body } = req as ParsedRequest;
  // An empty body makes `{}` of the JSON parser, which would no longer be empty.
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

/** The text to send again for what a parser has left, or undefined when that is not known for sure. */
function textFor(req: ParsedRequest, body: unknown): string | undefined {
  const contentType = req.headers['content-type'] ?? '';
  const isJsonType = /^[^;]*[/+]json\b/i.test(contentType);
  if (typeof body === 'string') return stringFor(req, body, isJsonType);
  if (body === undefined || isLeftByFailure(req, body)) return undefined;
  try {
    if (isJsonType) return encodeJson(body);
    if (/^\s*application\/x-www-form-urlencoded\b/i.test(contentType)) return encodeForm(body);
  } catch {
    // Other middleware has put something there that has no end or is no data.
  }
  return undefined;
}

/**
 * A string that is what came is sent as it is, one that was read out of JSON is written as JSON again: sent bare, it would
 * be another value than the one that was checked here, an object even (GHSA-v2v2-hph8-q5xp).
 */
function stringFor(req: ParsedRequest, text: string, isJsonType: boolean): string | undefined {
  const match = matchWithWire(req, text);
  if (match === 'same') return text;
  if (isJsonType) return JSON.stringify(text);
  // What an app has made of a text may be anything but JSON, which a parser of JSON for all types would have read.
  return isJson(text) || matchWithWire(req, JSON.stringify(text)) === 'same' ? undefined : text;
}

/** Express 4 sets `{}` before it reads, and leaves that when the body is too long, broken, or no JSON. */
function isLeftByFailure(req: ParsedRequest, body: unknown): boolean {
  const isEmpty = typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
  return isEmpty && req._body === true && matchWithWire(req, '{}') !== 'same';
}

/** JSON has no numbers as large as `1e999`, which a parser takes and would come out as null. */
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

/** A form as the urlencoded parsers read it: `a=1&a=2` for a list, `a[b]=1` for what is nested. */
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
  // Without brackets the simple parser reads lists, too, but it knows none of one item and none that is nested.
  const listName = isList && (value.length === 1 || depth > 1) ? `${name}[]` : name;
  for (const [key, inner] of Object.entries(value)) {
    yield* formEntries(inner, isList ? listName : depth === 0 ? key : `${name}[${key}]`, depth + 1);
  }
}
