import { hostnameOf } from '../http/hostname.ts';

/** Where an endpoint is and what is put in front of every request's own path and query. */
export interface EndpointAddress {
  /** For people: as configured, or the URL without credentials and query, and the IP address where one is given. */
  readonly name: string;
  readonly secure: boolean;
  /** Host name or IP address of the URL, IPv6 without brackets: where to connect to, and the name for the certificate. */
  readonly hostname: string;
  /** IP address to connect to instead of looking `hostname` up, which stays the name for the certificate. */
  readonly connectTo?: string;
  readonly port: number;
  /** Path of a Unix socket, which then stands for host and port. */
  readonly socketPath?: string;
  /** The `Host` header, RFC 9110 7.2. */
  readonly host: string;
  /** Without a slash at the end: empty or `/base`. */
  readonly basePath: string;
  /** Without the question mark: empty or `key=1`. */
  readonly baseQuery: string;
  /** The `Authorization` header that `user:pass@` of the URL stands for. */
  readonly authorization?: string;
  /** Headers that this endpoint gets on every request, as a flat list of names and values. */
  readonly headers: readonly string[];
}

export interface AddressParts {
  readonly url: URL;
  readonly name?: string | undefined;
  /** IP address to connect to. */
  readonly address?: string | undefined;
  readonly headers?: readonly string[];
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'http+unix:': 0 };

/** The protocols that an endpoint may have. */
export function isSupportedProtocol(protocol: string): boolean {
  return protocol in defaultPorts;
}

/** Takes a URL apart, once, so that no request has to. */
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

/** What tells endpoints apart, so that the state of one is found again: where it is and what it is called. */
export function keyOf(address: EndpointAddress): string {
  const { name, secure, host, port, connectTo = '', socketPath = '', basePath, baseQuery } = address;
  return [name, secure, host, port, connectTo, socketPath, basePath, baseQuery].join(' ');
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
