import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import { withoutQuery } from '../../support/text.ts';
import type { PageFile } from './page-files.ts';

/** One request to the dashboard and its response, with what frames put on them. */
export interface Visit {
  readonly req: IncomingMessage & { readonly originalUrl?: string };
  readonly res: ServerResponse;
}

/** What all responses have. The page gets nothing from elsewhere, runs no script but its own and is in nobody's frame. */
const commonHeaders: OutgoingHttpHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // What comes from requests is never parsed as HTML, not even by mistake.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** The path of a request target; frames may leave nothing of it but the query. */
export function mountedPath(target = ''): string {
  return withoutQuery(target) || '/';
}

/** Sends a head whose body follows. */
export function sendHead({ res }: Visit, status: number, headers: OutgoingHttpHeaders): void {
  res.statusCode = status;
  for (const [name, value] of Object.entries({ ...commonHeaders, ...headers })) res.setHeader(name, value ?? '');
}

/** Sends a file; of the answer to a HEAD request Node leaves the body out by itself. */
export function sendFile(visit: Visit, { type, content }: PageFile): void {
  sendHead(visit, 200, { 'Content-Type': type, 'Content-Length': content.length });
  visit.res.end(content);
}

/** Answers with a line of text. */
export function sendLine(
  visit: Visit,
  status: number,
  headers: OutgoingHttpHeaders = {},
  why = STATUS_CODES[status],
): void {
  const text = `${status} ${why}\n`;
  const length = Buffer.byteLength(text);
  sendHead(visit, status, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': length, ...headers });
  visit.res.end(text);
}

/** Whether the page was asked for by a path from which the links within it lead elsewhere: `/dashboard`. */
export function lacksSlash({ req: { url, originalUrl = url } }: Visit): boolean {
  return !mountedPath(originalUrl).endsWith('/');
}

/** Redirects to the same path with a slash, relative to it, so that no path, `/\other.example` neither, leads away from here. */
export function redirectToSlash(visit: Visit): void {
  const { url, originalUrl = url ?? '' } = visit.req;
  const path = mountedPath(originalUrl);
  const location = `./${path.slice(path.lastIndexOf('/') + 1)}/${originalUrl.slice(path.length)}`;
  sendLine(visit, 302, { Location: location });
}
