import { type AddressInfo, isIPv6 } from 'node:net';

/** The place where a server listens. */
export interface ListenAddress {
  /** A name or an IP address; undefined for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any port that is free. */
  readonly port: number;
}

const pattern = /^(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:[\]\s]*)):(?<port>\d{1,5})$/;

/** Reads an address as Go writes it: `:8080`, `host:port` or `[::1]:8080`. @returns undefined when the text is none. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const { ipv6, host, port } = pattern.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) return undefined;
  if (ipv6 !== undefined && !isIPv6(ipv6)) return undefined;
  return { host: ipv6 ?? (host || undefined), port: Number(port) };
}

/** Writes the address that a server got like the one that was asked for: all interfaces stay `:8080`. */
export function formatBoundAddress(asked: ListenAddress, bound: AddressInfo): string {
  if (asked.host === undefined) return `:${bound.port}`;
  return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`;
}
