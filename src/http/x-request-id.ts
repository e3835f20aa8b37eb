import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isForwardedTrusted, type TrustForwarded } from './forwarded.ts';
import { type HeaderList, without } from './headers.ts';
import { receivedHeaders } from './received-headers.ts';

/** The header by which a request is known to all who have a part in it. */
const name = 'x-request-id';
const names: ReadonlySet<string> = new Set([name]);

/** Characters that UUIDs, ULIDs, hashes and base64 are made of; none that a log, a shell or a page would take for something else. */
const form = /^[\w.~+/=@:-]{1,128}$/;

/** The options that concern the id. */
interface XRequestIdOptions {
  /** Whether requests get an id. */
  readonly xRequestId: boolean;
  /** Whether clients are believed. */
  readonly trustForwarded: TrustForwarded;
}

/** Gives a request its id, and the response to it, too, unless that has begun. Never throws. @returns the id, if there is to be one. */
export function giveXRequestId(
  req: IncomingMessage,
  res: ServerResponse,
  { xRequestId, trustForwarded }: XRequestIdOptions,
): string | undefined {
  if (!xRequestId) return undefined;
  const id = xRequestIdOf(req, trustForwarded);
  if (!res.headersSent) res.setHeader('X-Request-Id', id);
  return id;
}

/** The id that a request came with, where the client may give it one, or a new one. */
function xRequestIdOf(req: IncomingMessage, trust: TrustForwarded): string {
  const came = req.headers[name];
  if (typeof came !== 'string' || !form.test(came)) return randomUUID();
  try {
    // Whatever middleware has set is its own.
    if (isForwardedTrusted(req, trust) || receivedHeaders(req).changed.has(name)) return came;
  } catch {
    // The same is thrown once more when the request is made that goes out, and answered then.
  }
  return randomUUID();
}

/** Headers that have this id and no other. Without an id they stay as they are. */
export function withXRequestId(headers: HeaderList, id: string | undefined): HeaderList {
  if (id === undefined) return headers;
  const kept = withoutXRequestId(headers);
  kept.push('X-Request-Id', id);
  return kept;
}

/** Headers without any id. */
export function withoutXRequestId(headers: HeaderList): string[] {
  return without(headers, names);
}
