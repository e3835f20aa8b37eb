import { connectionHeaders, groupByName, type HeaderList } from './headers.ts';

/** Fields that node:http2 takes only once although they are lists, of which several are the same as one (RFC 9110 5.3). */
const lists: ReadonlySet<string> = new Set(['content-encoding', 'content-language', 'if-match', 'if-none-match']);

/**
 * All fields that node:http2 takes only once, and shows the first of. A field that is no list mostly comes twice because an endpoint's
 * app and the server in front of it say the same; where they differ, the first one counts, as for a client of HTTP/1.1.
 */
export const onceInHttp2: ReadonlySet<string> = new Set([
  ...lists,
  ...(
    'access-control-allow-credentials access-control-max-age access-control-request-method age authorization ' +
    'content-length content-location content-md5 content-range content-type date dnt etag expires from host ' +
    'if-modified-since if-range if-unmodified-since last-modified location max-forwards proxy-authorization range ' +
    'referer retry-after tk upgrade-insecure-requests user-agent x-content-type-options'
  ).split(' '),
]);

/** The values of each name together, like {@link groupByName}, in the form that HTTP/2 and node:http2 take. */
export function groupForHttp2(
  headers: HeaderList,
): ReadonlyArray<{ readonly name: string; readonly values: string[] }> {
  const groups: Array<{ readonly name: string; readonly values: string[] }> = [];
  for (const { name, values } of groupByName(headers)) {
    const lower = name.toLowerCase();
    // node:http2 throws for them, in trailers where nobody can catch.
    if (connectionHeaders.has(lower) || lower.startsWith(':')) continue;
    const trimmed = values.some(hasBlankEnd) ? values.map(withoutBlankEnds) : values;
    groups.push({ name, values: trimmed.length === 1 ? trimmed : asTakenByNode(lower, trimmed) });
  }
  return groups;
}

function asTakenByNode(name: string, values: string[]): string[] {
  if (lists.has(name)) return [values.join(', ')];
  return onceInHttp2.has(name) ? values.slice(0, 1) : values;
}

/** Whether a value begins or ends in white space: clients throw such a field away (RFC 9113 8.2.1). */
function hasBlankEnd(value: string): boolean {
  return isBlank(value, 0) || isBlank(value, value.length - 1);
}

function withoutBlankEnds(value: string): string {
  let [start, end] = [0, value.length];
  while (isBlank(value, start)) start++;
  while (end > start && isBlank(value, end - 1)) end--;
  return value.slice(start, end);
}

function isBlank(value: string, index: number): boolean {
  return value[index] === ' ' || value[index] === '\t';
}
