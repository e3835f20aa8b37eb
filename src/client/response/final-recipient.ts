import type { IncomingMessage, ServerResponse } from 'node:http';
import { pairsOf } from '../../http/headers.ts';
import { originalTarget } from '../../http/target.ts';
import { endResponse } from './ending.ts';

/** Fields that a script which makes a browser send TRACE must not see: credentials, and what proxies have added. */
const hidden = /auth|cookie|credential|csrf|forwarded|jwt|key|pass|secret|session|sign|token|xsrf|-ip$/i;

/**
 * Answers as an origin server would: OPTIONS with nothing but 200, TRACE with the request as the client sent it, without the fields
 * that are nobody's business (RFC 9110 9.3.8).
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
  const shown = pairsOf(req.rawHeaders).filter(([name]) => !hidden.test(name) && !name.startsWith(':'));
  const lines = shown.map(([name, value]) => `${name}: ${value}`);
  return [`TRACE ${originalTarget(req)} HTTP/${req.httpVersion}`, ...lines, '', ''].join('\r\n');
}
