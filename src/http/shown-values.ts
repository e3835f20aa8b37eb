import type { IncomingMessage } from 'node:http';
import { onceInHttp2 } from './http2-headers.ts';

/** Headers of which node:http shows the first value when they come twice. All others are joined, or shown as a list. */
const single: ReadonlySet<string> = new Set(
  (
    'age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since ' +
    'last-modified location max-forwards proxy-authorization referer retry-after server user-agent'
  ).split(' '),
);

/** A request of a server with the option `joinDuplicateHeaders`, which makes Node join those, too. */
interface Joining {
  /** The option of the server. */
  readonly joinDuplicateHeaders?: boolean | null | undefined;
}

/**
 * The values that `req.headers` shows of a header when nobody has touched it. If a future Node shows a header in another way, the header
 * counts as changed and is sent as it is shown.
 * @param name in lower case.
 * @param values as they came, at least one.
 */
export function shownValues(req: IncomingMessage, name: string, values: readonly string[]): readonly string[] {
  if (name === 'set-cookie' || values.length === 1) return values;
  if (name === 'cookie') return [values.join('; ')];
  const isHttp2 = req.httpVersionMajor >= 2;
  const isFirst = isHttp2 ? onceInHttp2.has(name) : single.has(name) && !(req as Joining).joinDuplicateHeaders;
  return isFirst ? values.slice(0, 1) : [values.join(', ')];
}
