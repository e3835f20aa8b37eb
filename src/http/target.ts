import type { IncomingMessage } from 'node:http';
import { withoutQuery } from '../support/text.ts';
import { callSyncHook, hookReturned } from '../support/user-function.ts';

/** The option `pathRewrite`: gives the path and query to send for those of the client. */
export type PathRewrite<Request extends IncomingMessage = IncomingMessage> = (path: string, req: Request) => string;

/**
 * The target to send: the request's own, or the one that `pathRewrite` makes of it.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when `pathRewrite` throws or gives something that is no path.
 */
export function rewrittenUrl(
  req: IncomingMessage,
  { pathRewrite }: { readonly pathRewrite?: PathRewrite | undefined },
): string {
  const path = isForWholeServer(req) ? '*' : originFormOf(req.url ?? '/');
  if (!pathRewrite) return path;
  const rewritten: unknown = callSyncHook('pathRewrite', () => pathRewrite(path, req));
  if (typeof rewritten === 'string' && (/^\/[\x21-\xff]*$/.test(rewritten) || (path === '*' && rewritten === '*')))
    return rewritten;
  throw hookReturned('pathRewrite', 'a path that starts with / and has no spaces', rewritten);
}

/** The authority that a target in absolute form names, without user and password, or undefined in any other form. */
export function authorityOf(req: IncomingMessage): string | undefined {
  const target = originalTarget(req);
  return target.startsWith('/') ? undefined : absoluteForm.exec(target)?.[1]?.replace(/^.*@/s, '');
}

/**
 * Whether OPTIONS asks about the whole server by an absolute target without path and query, which stands for `*` (RFC 9112 3.2.4).
 * Frames may make `/` of such a target.
 */
function isForWholeServer(req: IncomingMessage): boolean {
  if (req.method !== 'OPTIONS') return false;
  const target = originalTarget(req);
  return absoluteForm.exec(target)?.[2] === '' && (req.url === target || req.url === '/');
}

/** The target of a request as it came: a frame takes the prefix off under which middleware is mounted. */
export function originalTarget(req: IncomingMessage): string {
  const { originalUrl } = req as { readonly originalUrl?: unknown };
  return typeof originalUrl === 'string' ? originalUrl : (req.url ?? '/');
}

/**
 * The path under which a frame has mounted the proxy, without a slash at the end: empty or `/api`. Express says so; of other frames
 * the prefix is known by what they took off the target.
 */
export function mountPathOf(req: IncomingMessage): string {
  const { baseUrl } = req as { readonly baseUrl?: unknown };
  if (typeof baseUrl === 'string') return baseUrl;
  const whole = withoutQuery(originFormOf(originalTarget(req)));
  const left = withoutQuery(originFormOf(req.url ?? '/'));
  if (whole.endsWith(left)) return whole.slice(0, whole.length - left.length);
  // `/` is left of `/api`.
  return left === '/' ? whole : '';
}

const absoluteForm = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is;

/** A target as path and query, or `*`. The origin that an absolute one names is left out, since the proxy chooses it (RFC 9112 3.2). */
export function originFormOf(url: string): string {
  if (url.startsWith('/') || url === '*') return url;
  const afterAuthority = absoluteForm.exec(url)?.[2] ?? url;
  return afterAuthority.startsWith('/') ? afterAuthority : `/${afterAuthority}`;
}
