import type { IncomingMessage } from 'node:http';
import { onWire } from './on-wire.ts';

/** A request that a body parser has been at. */
type ParsedRequest = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown };

/** What became of a body before us: nothing, its `Content-Encoding` was undone, or its text was decoded, too. */
export type BodyState = 'untouched' | 'inflated' | 'decoded';

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
  if (onWire(req, 'content-length') === '0') return { content: Buffer.alloc(0), state: 'untouched' };
  for (const candidate of [rawBody, body]) {
    if (candidate instanceof Uint8Array) {
      const content = Buffer.from(candidate.buffer, candidate.byteOffset, candidate.length);
      return { content, state: 'inflated' };
    }
    if (typeof candidate === 'string') return { content: Buffer.from(candidate), state: 'decoded' };
  }
  const text = encode(body, req.headers['content-type'] ?? '');
  return text === undefined ? undefined : { content: Buffer.from(text), state: 'decoded' };
}

/** The `Content-Type` of a body that was decoded and encoded again: its text is UTF-8 now, whatever it was before. */
export function withUtf8(contentType: string): string {
  return contentType.replace(/(;\s*charset=)("?)[^";]*\2/i, '$1utf-8');
}

/** The text of what a JSON or form parser made, or undefined when it cannot be written as that. */
function encode(body: unknown, contentType: string): string | undefined {
  if (body === undefined) return undefined;
  try {
    if (/^[^;]*[/+]json\b/i.test(contentType)) return JSON.stringify(body);
    if (/^\s*application\/x-www-form-urlencoded\b/i.test(contentType)) return encodeForm(body);
  } catch {
    // Other middleware has put something there that has no end or is no data.
  }
  return undefined;
}

/** A form as the urlencoded parsers read it: `a=1&a=2` for a list, `a[b]=1` for what is nested. */
function encodeForm(form: unknown): string {
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
