import { withoutQuery } from '../../support/text.ts';

/** A request target as a log may have it: without credentials, and without its query unless that is asked for. */
export function shownTarget(url: string, isQueryShown = false): string {
  return withoutUserInfo(isQueryShown ? url : withQueryHidden(url));
}

/** RFC 9112 3.2.2: the absolute form may carry credentials. */
function withoutUserInfo(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1***@');
}

function withQueryHidden(url: string): string {
  const path = withoutQuery(url);
  return path === url ? url : `${path}?...`;
}
