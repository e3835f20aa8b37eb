/** The most proxies of this kind that a request may have come through; with more, it is in a loop. */
const maxProxies = 5;

/** The beginning of every pseudonym that a proxy makes up for itself. */
export const product = 'balancing-reverse-proxy';

/**
 * Whether a request has been here before, or has been through so many proxies of this kind that it must be going round. A race that
 * reaches its own proxy multiplies with each round, so loops are looked for before anything is sent.
 * @param via its `Via` headers, joined, if there are any.
 */
export function isLoop(via: string | undefined, pseudonym: string): boolean {
  if (via === undefined) return false;
  const visited = via.split(',').map(pseudonymOf);
  return visited.includes(pseudonym) || visited.filter((name) => name.startsWith(product)).length > maxProxies;
}

/** Our own entry for `Via`, RFC 9110 7.6.3. */
export function viaEntry(httpVersion: string, pseudonym: string): string {
  return `${httpVersion} ${pseudonym}`;
}

/** The second word of an entry such as `HTTP/1.1 name (comment)`. */
function pseudonymOf(entry: string): string {
  return entry.trim().split(/\s+/)[1] ?? '';
}
