import { type HeaderList, isToken, valuesOf } from './headers.ts';

/** The names of HTTP itself, of its drafts, and of TLS, within which it would be spoken. */
const carrier = /^(?:h2c?|h3|http|tls)(?:-\d+)?(?:\/|$)/i;

/** Whether these headers ask to switch protocols; no others have that one (RFC 9110 7.8). */
export function asksForUpgrade(headers: HeaderList): boolean {
  return valuesOf(headers, 'upgrade').length > 0;
}

/**
 * The protocols that a client may be joined to an endpoint for, of those that it asks for. Not one that carries requests,
 * any of which would pass us by: RFC 9113 3.1 has done away with `h2c`, and some clients add it to every request. Nor
 * anything that is no protocol, in which an endpoint might read one.
 */
export function joinableProtocols(headers: HeaderList): string[] {
  return protocolsIn(headers).filter((one) => isProtocol(one) && !carrier.test(one));
}

/** Whether an endpoint that switches protocols does so to what it was asked for, and to nothing else (RFC 9110 7.8). */
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

/** What `Upgrade` lists, in any number of fields. */
function protocolsIn(headers: HeaderList): string[] {
  return valuesOf(headers, 'upgrade').flatMap((value) =>
    value
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
  );
}
