/** A request may come through this many proxies of this kind; more is taken for a loop. */
const maxProxies = 5;

/** What every pseudonym begins with that we make up ourselves. */
export const product = 'balancing-reverse-proxy';

/**
 * Whether a request has been here before, or has been through so many of us that it must be going round.
 * A fan-out that reaches itself multiplies, so this is asked before anything is sent.
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

/** `HTTP/1.1 name (comment)`: the second word. */
function pseudonymOf(entry: string): string {
  return entry.trim().split(/\s+/)[1] ?? '';
}
