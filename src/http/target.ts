import type { IncomingMessage } from 'node:http';
import { inspect } from 'node:util';
import { callSyncHook, hookFailed } from '../support/user-function.ts';

export type PathRewrite = (path: string, req: IncomingMessage) => string;

/**
 * The target to send: the request's own, or what `pathRewrite` makes of it.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when it makes something that is no path.
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
  throw hookFailed(
    'pathRewrite',
    'returned something else than a path that starts with / and has no spaces',
    new TypeError(`returned ${inspect(rewritten)}`),
  );
}

/** The authority that a target in absolute form names, without user and password, or undefined in any other form. */
export function authorityOf(req: IncomingMessage): string | undefined {
  const target = originalTarget(req);
  return target.startsWith('/') ? undefined : absoluteForm.exec(target)?.[1]?.replace(/^.*@/s, '');
}

/** RFC 9112 3.2.4: such a target, with neither path nor query, is the absolute form of `*`. Frames may make `/` of it. */
function isForWholeServer(req: IncomingMessage): boolean {
  if (req.method !== 'OPTIONS') return false;
  const target = originalTarget(req);
  return absoluteForm.exec(target)?.[2] === '' && (req.url === target || req.url === '/');
}

/** The target as it came, of which a frame shows a part to what is mounted under a prefix. */
export function originalTarget(req: IncomingMessage): string {
  const { originalUrl } = req as { readonly originalUrl?: unknown };
  return typeof originalUrl === 'string' ? originalUrl : (req.url ?? '/');
}

const absoluteForm = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is;

/** RFC 9112 3.2: the absolute form names an origin, which is ours to choose; what is left of it is the path. */
export function originFormOf(url: string): string {
  if (url.startsWith('/') || url === '*') return url;
  const afterAuthority = absoluteForm.exec(url)?.[2] ?? url;
  return afterAuthority.startsWith('/') ? afterAuthority : `/${afterAuthority}`;
}
