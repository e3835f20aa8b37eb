import type { IncomingMessage } from 'node:http';
import { firstValueOf } from './headers.ts';
import type { ReceivedHeaders } from './received-headers.ts';
import { authorityOf } from './target.ts';

/**
 * The authority that the client asked for. The one in the target counts (RFC 9112 3.2.2), which is a pseudo header in HTTP/2
 * (RFC 9113 8.3.1); a `Host` that says another one counts only when middleware has set it.
 */
export function askedHost(req: IncomingMessage, { list, changed }: ReceivedHeaders): string | undefined {
  const host = firstValueOf(list, 'host');
  if (changed.has('host')) return host;
  return authorityOf(req) || firstValueOf(list, ':authority') || host;
}
