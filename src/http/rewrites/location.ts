/** Where an endpoint is, as a `Location` of its own may name it. */
export interface LocationTarget {
  /** Its hosts as {@link hostNamed} has them. */
  readonly hosts: readonly string[];
  /** Empty or `/base`. */
  readonly basePath: string;
  /** The query that each request to the endpoint begins with; empty for none. */
  readonly baseQuery: string;
}

/** How a `Location` is rewritten. */
interface LocationSettings {
  /** The endpoint that has answered. */
  readonly from: LocationTarget & { readonly secure: boolean };
  /** All endpoints. */
  readonly endpoints: readonly LocationTarget[];
  /** What clients have in the place of an endpoint's base URL, without a slash at the end: `https://www.example.com/base`, `/base` or empty. */
  readonly base: string;
}

/** Statuses whose `Location` browsers follow, or where something new is. */
const statuses: ReadonlySet<number> = new Set([201, 301, 302, 303, 307, 308]);

/** Whether a status has a `Location` that leads somewhere. */
export function mayLead(status: number): boolean {
  return statuses.has(status);
}

/** Authority and rest of an absolute http(s) reference, or of one without its scheme. Browsers take a backslash for a slash. */
const withAuthority = /^(?:(https?):)?[/\\]{2}([^/\\?#]*)(.*)$/is;

/** A path that begins like the authority of a reference without scheme. */
const likeAuthority = /^\/\s*[/\\]/;

/**
 * A `Location` that leads clients to the proxy where it led to an endpoint, whichever one of them. All other references stay: those to
 * elsewhere, those to paths of an endpoint that are not below its base path, and those relative to the path that the client has asked for.
 */
export function rewrittenLocation(location: string, { from, endpoints, base }: LocationSettings): string {
  const [, scheme, authority, rest] = withAuthority.exec(location) ?? [];
  const isPath = authority === undefined;
  if (isPath && !location.startsWith('/')) return location;
  const isSecure = scheme === undefined ? from.secure : scheme.toLowerCase() === 'https';
  const host = isPath ? undefined : hostNamed(isSecure ? 'https' : 'http', authority);
  const targets = isPath ? [from] : endpoints.filter(({ hosts }) => host !== undefined && hosts.includes(host));
  const inner = innermost(targets, (isPath ? location : rest) ?? '');
  if (inner === undefined) return location;
  const led = base + (base === '' && !inner.startsWith('/') ? `/${inner}` : inner);
  // A path such as `//host` would lead away from us.
  return likeAuthority.test(led) ? `/.${led}` : led;
}

/** The host that an authority names, always with a port and never with a user: `a.internal:80`; undefined when it is none. */
export function hostNamed(scheme: 'http' | 'https', authority: string): string | undefined {
  const url = URL.parse(`${scheme}://${authority}`);
  return url ? `${url.hostname}:${url.port || (scheme === 'https' ? 443 : 80)}` : undefined;
}

/** The reference below the longest base path, without the query of that endpoint; undefined when it is below none. */
function innermost(targets: readonly LocationTarget[], reference: string): string | undefined {
  const above = targets.filter(({ basePath }) => isBelow(reference, basePath));
  const [nearest] = above.sort((one, other) => other.basePath.length - one.basePath.length);
  return nearest && withoutBaseQuery(reference.slice(nearest.basePath.length), nearest.baseQuery);
}

function isBelow(reference: string, basePath: string): boolean {
  return reference.startsWith(basePath) && /^[/?#]?$/.test(reference.charAt(basePath.length));
}

/** The reference without what the endpoint's URL puts in front of each query, which may be a key. */
function withoutBaseQuery(reference: string, baseQuery: string): string {
  const start = reference.indexOf('?');
  if (baseQuery === '' || start < 0 || !reference.startsWith(baseQuery, start + 1)) return reference;
  const rest = reference.slice(start + 1 + baseQuery.length);
  if (rest.startsWith('&')) return `${reference.slice(0, start)}?${rest.slice(1)}`;
  return /^#?$/.test(rest.charAt(0)) ? reference.slice(0, start) + rest : reference;
}
