import type { IncomingMessage, ServerResponse } from 'node:http';
import { without } from '../../http/headers.ts';
import { endResponse } from './ending.ts';

/** Fields that are not shown to whoever makes a browser send TRACE: what proves who one is, and what proxies have added. */
const hidden = /auth|cookie|credential|csrf|forwarded|jwt|key|pass|secret|session|sign|token|xsrf|-ip$/i;

/**
 * Answers as an origin server would: OPTIONS with what is true of all, TRACE with the request as the client sent it, less
 * what is nobody's business (RFC 9110 9.3.8).
 * @returns the number of body bytes.
 */
export function answerAsRecipient(req: IncomingMessage, res: ServerResponse): number {
  const isTrace = req.method === 'TRACE';
  const body = Buffer.from(isTrace ? traced(req) : '', 'latin1');
  res.statusCode = 200;
  if (isTrace) res.setHeader('Content-Type', 'message/http');
  res.setHeader('Content-Length', body.length);
  endResponse(res, body);
  return body.length;
}

function traced(req: IncomingMessage): string {
  const { originalUrl = req.url } = req as { readonly originalUrl?: string };
  const names = req.rawHeaders.filter((name, index) => index % 2 === 0 && (hidden.test(name) || name.startsWith(':')));
  const shown = without(req.rawHeaders, new Set(names.map((name) => name.toLowerCase())));
  const lines = shown.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${shown[index + 1]}`] : []));
  return [`TRACE ${originalUrl} HTTP/${req.httpVersion}`, ...lines, '', ''].join('\r\n');
}
