import type { ServerResponse } from 'node:http';
import { hasHighByte } from '../../http/headers.ts';

/** Sends the head of a response whose body may take its time. */
export function flushHead(res: ServerResponse): void {
  // `flushHeaders` sends bytes above 127 as UTF-8. An empty write does not, but `compression` holds it back.
  if (res.req.httpVersionMajor < 2 && Object.values(res.getHeaders()).some(hasHighByte)) res.write('', 'latin1');
  else res.flushHeaders();
}
