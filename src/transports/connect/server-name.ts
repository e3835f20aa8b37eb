import { isIP } from 'node:net';
import tls from 'node:tls';
import type { EndpointAddress } from '../../endpoints/address.ts';

/** Which name TLS asks for, and which one the certificate has to be for, as options of `tls.connect`. */
export interface ServerName {
  readonly servername: string;
  readonly checkServerIdentity?: typeof tls.checkServerIdentity;
}

/**
 * Whether the certificate has to be for another IP address than the one that is connected to. Pools tell connections apart by SNI,
 * which has no IP addresses, so that such a connection is for its own request only.
 */
export function isNamedByOtherAddress({ secure, hostname, connectTo }: EndpointAddress): boolean {
  return secure && connectTo !== undefined && isIP(hostname) !== 0;
}

/** SNI has neither a final dot nor an IP address (RFC 6066 3); the certificate has to be for the host of the URL all the same. */
export function serverNameOf({ hostname, connectTo }: Pick<EndpointAddress, 'hostname' | 'connectTo'>): ServerName {
  if (isIP(hostname) === 0) return { servername: hostname.replace(/\.$/, '') };
  // Without a name it would be checked for the address that is connected to.
  if (connectTo === undefined) return { servername: '' };
  return { servername: '', checkServerIdentity: (_, certificate) => tls.checkServerIdentity(hostname, certificate) };
}
