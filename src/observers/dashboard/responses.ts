import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import { withoutQuery } from '../../support/text.ts';
import type { PageFile } from './page-files.ts';

/** One request to the dashboard and its response, with what frames put on them. */
export interface Visit {
  /** The request, whose `url` lacks the prefix under which a frame has mounted the dashboard. */
  readonly req: IncomingMessage & { readonly originalUrl?: string };
  /** The response, which is not begun. */
  readonly res: ServerResponse;
}

/** Headers of all responses: the page gets nothing from elsewhere, runs no script but its own, and is shown in no other page. */
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
    // Text of requests is never parsed as HTML, not even by mistake.
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

/** Sends a file. Node leaves the body out of a response to HEAD by itself. */
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

/** Whether the path of the page has no slash at its end, as in `/dashboard`: the links within the page would lead elsewhere. */
export function lacksSlash({ req: { url, originalUrl = url } }: Visit): boolean {
  return !mountedPath(originalUrl).endsWith('/');
}

/** Redirects to the same path with a slash, relative to it: no path leads to another site then, not even `/\other.example`. */
export function redirectToSlash(visit: Visit): void {
  const { url, originalUrl = url ?? '' } = visit.req;
  const path = mountedPath(originalUrl);
  const location = `./${path.slice(path.lastIndexOf('/') + 1)}/${originalUrl.slice(path.length)}`;
  sendLine(visit, 302, { Location: location });
}
