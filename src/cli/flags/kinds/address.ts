import { type AddressInfo, isIPv6 } from 'node:net';
import path from 'node:path';

/** A port of this machine. */
export interface PortAddress {
  /** A name or an IP address; undefined for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any port that is free. */
  readonly port: number;
}

/** A Unix socket. */
export interface UnixAddress {
  /** Its file. */
  readonly path: string;
}

/** The place where a server listens. */
export type ListenAddress = PortAddress | UnixAddress;

/** The place where a server has begun to listen. */
export type BoundAddress = AddressInfo | UnixAddress;

const pattern = /^(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:[\]\s]*)):(?<port>\d{1,5})$/;
const unixPrefix = 'unix:';

/** The most bytes that the path of a Unix socket may have; the kernel wants one more for the end. */
export const maxPathBytes = process.platform === 'linux' ? 107 : 103;

/** The bytes of the longest name that a socket has until it has the name that was asked for: see {@link SocketFile}. */
export const temporaryNameBytes = 7;

/**
 * Reads an address as Go writes it, `:8080`, `host:port` or `[::1]:8080`, or one like `unix:/run/app.sock`.
 * @returns undefined when the text is none.
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith(unixPrefix)) return parseSocketPath(text.slice(unixPrefix.length));
  const { ipv6, host, port } = pattern.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) return undefined;
  if (ipv6 !== undefined && !isIPv6(ipv6)) return undefined;
  return { host: ipv6 ?? (host || undefined), port: Number(port) };
}

/** Takes no abstract socket (`@name`): those have no permissions, so that every user of the machine could be a client. */
function parseSocketPath(file: string): UnixAddress | undefined {
  if (!/^[^@\0][^\0]*$/.test(file) || file.endsWith('/')) return undefined;
  const longest = Math.max(Buffer.byteLength(file), Buffer.byteLength(path.dirname(file)) + 1 + temporaryNameBytes);
  return longest > maxPathBytes ? undefined : { path: file };
}

/** Writes an address as it was asked for. */
export function formatAskedAddress(asked: ListenAddress): string {
  if ('path' in asked) return `${unixPrefix}${asked.path}`;
  const { host = '', port } = asked;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Writes the address that a server got like the one that was asked for: all interfaces stay `:8080`. */
export function formatBoundAddress(asked: ListenAddress, bound: BoundAddress): string {
  if ('path' in asked) return formatAskedAddress(asked);
  if ('path' in bound) return `${unixPrefix}${bound.path}`;
  if (asked.host === undefined) return `:${bound.port}`;
  return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`;
}

/** The port of an address that a server got, as a field of the log; a Unix socket has none. */
export function portOfBound(bound: BoundAddress): { readonly port?: number } {
  return 'path' in bound ? {} : { port: bound.port };
}
