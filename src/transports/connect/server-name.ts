import { isIP } from 'node:net';
import tls from 'node:tls';
import type { EndpointAddress } from '../../endpoints/place/address.ts';
import type { TlsOptions } from '../../endpoints/place/tls-options.ts';

/** The name that TLS asks for and the name that the certificate has to be for, as options of `tls.connect`. */
interface ServerName {
  /** The name that TLS asks for (SNI); empty for none. */
  readonly servername: string;
  /** Checks the certificate, where Node would check it for another name. */
  readonly checkServerIdentity?: typeof tls.checkServerIdentity;
}

/** The certificates and their checking, as far as names are concerned. */
type NameOptions = Pick<TlsOptions, 'servername'> | undefined;

/**
 * Whether the certificate has to be for another IP address than the one that is connected to. Pools tell connections apart by SNI,
 * which has no IP addresses, so that such a connection may serve one request only.
 */
export function isNamedByOtherAddress({ secure, hostname, connectTo }: EndpointAddress, tls: NameOptions): boolean {
  return secure && connectTo !== undefined && tls?.servername === undefined && isIP(hostname) !== 0;
}

/**
 * The server name of an endpoint: that of its `tls`, or else the host of its URL. SNI has neither a final dot nor an IP address
 * (RFC 6066 3); the certificate has to be for the host of the URL all the same.
 */
export function serverNameOf(
  { hostname, connectTo }: Pick<EndpointAddress, 'hostname' | 'connectTo'>,
  options: NameOptions,
): ServerName {
  if (options?.servername !== undefined) return { servername: options.servername };
  if (isIP(hostname) === 0) return { servername: hostname.replace(/\.$/, '') };
  // Without a name Node would check the certificate for the address that is connected to.
  if (connectTo === undefined) return { servername: '' };
  return { servername: '', checkServerIdentity: (_, certificate) => tls.checkServerIdentity(hostname, certificate) };
}
