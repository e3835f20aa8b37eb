import { hostnameOf } from '../../http/hostname.ts';

/** Where an endpoint is, and the parts of its URL that every request to it gets. */
export interface EndpointAddress {
  /** The name in logs, events and errors: as configured, or the URL without credentials and query, with the IP address where one is given. */
  readonly name: string;
  /** Whether the endpoint speaks TLS. */
  readonly secure: boolean;
  /** Host name or IP address of the URL, IPv6 without brackets: where to connect to, and the name for the certificate. */
  readonly hostname: string;
  /** IP address to connect to instead of looking `hostname` up; `hostname` stays the name for the certificate. */
  readonly connectTo?: string;
  /** The TCP port, given or that of the scheme; 0 for a Unix socket. */
  readonly port: number;
  /** Path of a Unix socket, to connect to instead of host and port. */
  readonly socketPath?: string;
  /** The `Host` header, RFC 9110 7.2. */
  readonly host: string;
  /** The path in front of each request's own, without a slash at the end: empty or `/base`. */
  readonly basePath: string;
  /** The query in front of each request's own, without the question mark: empty or `key=1`. */
  readonly baseQuery: string;
  /** The `Authorization` header that `user:pass@` of the URL stands for. */
  readonly authorization?: string;
  /** Headers that this endpoint gets on every request, as a flat list of names and values. */
  readonly headers: readonly string[];
}

/** What the user said of an endpoint, checked. */
interface AddressParts {
  readonly url: URL;
  /** @default the URL without credentials and query, and `address` in parentheses where it is given */
  readonly name?: string | undefined;
  /** IP address to connect to. @default what the host name resolves to */
  readonly address?: string | undefined;
  /** A flat list of names and values. @default none */
  readonly headers?: readonly string[];
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'http+unix:': 0 };

/** Whether endpoints may have a protocol, written as in `https:`. */
export function isSupportedProtocol(protocol: string): boolean {
  return protocol in defaultPorts;
}

/** Takes a URL apart once, so that no request has to. */
export function parseAddress({ url, name, address, headers = [] }: AddressParts): EndpointAddress {
  const isUnix = url.protocol === 'http+unix:';
  const basePath = url.pathname.replace(/(?<!\/)\/+$/, '');
  const authorization = basicAuthorization(url);
  const place = `${url.protocol}//${url.host}${basePath}`;
  return {
    name: name ?? (address === undefined ? place : `${place} (${address})`),
    secure: url.protocol === 'https:',
    hostname: isUnix ? 'localhost' : hostnameOf(url),
    ...(address !== undefined && { connectTo: address }),
    port: Number(url.port) || (defaultPorts[url.protocol] ?? 0),
    ...(isUnix && { socketPath: decodeURIComponent(url.hostname) }),
    host: isUnix ? 'localhost' : url.host,
    basePath,
    baseQuery: url.search.slice(1),
    ...(authorization && { authorization }),
    headers,
  };
}

/** A text by which the state of an endpoint is found again: where the endpoint is, and its name. */
export function keyOf(address: EndpointAddress): string {
  const { name, secure, host, port, connectTo = '', socketPath = '', basePath, baseQuery } = address;
  return [name, secure, host, port, connectTo, socketPath, basePath, baseQuery].join(' ');
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
