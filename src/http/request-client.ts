import type { IncomingMessage } from 'node:http';
import { isForwardedTrusted, type TrustForwarded } from './forwarded.ts';
import { trustedAddresses } from './trusted-peers.ts';

/** A client as its request tells of it. None of this is more than a claim, but for the address of a client that is not trusted. */
export interface RequestClient {
  /**
   * The address that the request came from; for a client that `trustForwarded` trusts, the nearest one in `X-Forwarded-For` that is not
   * trusted itself. Undefined for a Unix socket.
   */
  readonly address: string | undefined;
  /** The authority that was asked for, from `Host` or `:authority`. */
  readonly host: string | undefined;
  /** The header `User-Agent`. */
  readonly userAgent: string | undefined;
  /** The version of HTTP, such as `1.1`. */
  readonly httpVersion: string;
}

/** The client of a request. Never throws. */
export function clientOf(req: IncomingMessage, trust: TrustForwarded): RequestClient {
  const { headers, httpVersion } = req;
  const host = headers[':authority'] ?? headers.host;
  return {
    address: addressOf(req, trust),
    host: host === undefined ? undefined : String(host),
    userAgent: headers['user-agent'],
    httpVersion,
  };
}

const addressForm = /^[\da-z.:%[\]-]{1,64}$/i;

function addressOf(req: IncomingMessage, trust: TrustForwarded): string | undefined {
  const peer = plain(req.socket.remoteAddress);
  const came = req.headers['x-forwarded-for'];
  if (came === undefined || !isTrusted(req, trust)) return peer;
  const hops = String(came)
    .split(',')
    .map((hop) => hop.trim());
  const nearest = trust === true ? hops[0] : hops.findLast((hop, index) => index === 0 || !isTrustedHop(hop, trust));
  return nearest !== undefined && addressForm.test(nearest) ? plain(nearest) : peer;
}

function isTrusted(req: IncomingMessage, trust: TrustForwarded): boolean {
  try {
    return isForwardedTrusted(req, trust);
  } catch {
    return false;
  }
}

/** Only a list of addresses says of the hops before the last one whether they are trusted. */
function isTrustedHop(address: string, trust: TrustForwarded): boolean {
  return typeof trust === 'function' && (trustedAddresses(trust)?.(address) ?? false);
}

/** A server for both families of addresses shows `::ffff:10.0.0.1`. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
