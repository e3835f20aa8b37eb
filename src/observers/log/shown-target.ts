/** A request target as a log may have it: without credentials, and without its query unless that is asked for. */
export function shownTarget(url: string, isQueryShown = false): string {
  return withoutUserInfo(isQueryShown ? url : withoutQuery(url));
}

/** RFC 9112 3.2.2: the absolute form may carry credentials. */
function withoutUserInfo(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1***@');
}

function withoutQuery(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path === url ? url : `${path}?...`;
}
