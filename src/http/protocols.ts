import { type HeaderList, isToken, valuesOf } from './headers.ts';

/** The names of HTTP itself, of its drafts, and of TLS, within which HTTP would be spoken. */
const carrier = /^(?:h2c?|h3|http|tls)(?:-\d+)?(?:\/|$)/i;

/** Whether a request's headers ask to switch protocols (RFC 9110 7.8). */
export function asksForUpgrade(headers: HeaderList): boolean {
  return valuesOf(headers, 'upgrade').length > 0;
}

/**
 * The protocols for which a client may be joined to an endpoint, of those that the client asks for. A protocol that carries requests is
 * left out, since they would pass us by: RFC 9113 3.1 has done away with `h2c`, which some clients still add to every request. A
 * text that is no protocol is left out, since an endpoint might read one in it.
 */
export function joinableProtocols(headers: HeaderList): string[] {
  return protocolsIn(headers).filter((one) => isProtocol(one) && !carrier.test(one));
}

/** Whether an endpoint switches to protocols that it was asked for, and to no others (RFC 9110 7.8). */
export function isSwitchAsked(asked: HeaderList, answered: HeaderList): boolean {
  const wanted = protocolsIn(asked).map((one) => one.toLowerCase());
  const chosen = protocolsIn(answered).map((one) => one.toLowerCase());
  return chosen.length > 0 && chosen.every((one) => wanted.includes(one));
}

/** A protocol name and, maybe, its version: two tokens (RFC 9110 7.8). */
function isProtocol(text: string): boolean {
  const parts = text.split('/');
  return parts.length <= 2 && parts.every(isToken);
}

/** The members of `Upgrade`, in any number of fields. */
function protocolsIn(headers: HeaderList): string[] {
  const members = valuesOf(headers, 'upgrade').join().split(',');
  return members.map((one) => one.trim()).filter(Boolean);
}
