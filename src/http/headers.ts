import type { IncomingHttpHeaders } from 'node:http';

/**
 * Headers as a flat list of names and values, [name, value, name, value, ...], like node:http's `rawHeaders`: the one form that keeps
 * case, order and repeats. No function here changes the list that it gets.
 */
export type HeaderList = readonly string[];

/** Headers of a connection of HTTP/1.1, in lower case (RFC 9110 7.6.1). HTTP/2 has none of them (RFC 9113 8.2.2). */
export const connectionHeaders: ReadonlySet<string> = new Set([
  'connection',
  // Comes with an upgrade to `h2c`, and counts even where `Connection` does not name it.
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** All that concerns the next hop only, logins at a proxy included (RFC 9110 11.7). */
const hopByHop: ReadonlySet<string> = new Set([
  ...connectionHeaders,
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
]);

const noNames: ReadonlySet<string> = new Set();

/**
 * The list without the hop-by-hop headers, for the whole path between client and endpoint.
 * @param named more hop-by-hop headers, in lower case; by default those that `Connection` of this list names.
 */
export function stripHopByHop(headers: HeaderList, named = namesInConnection(headers)): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const lower = name.toLowerCase();
    // Pseudo headers of HTTP/2, which start with a colon, are the request line.
    if (hopByHop.has(lower) || named.has(lower) || lower.startsWith(':')) continue;
    kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}

/** The list without the headers of these lower-case names. */
export function without(headers: HeaderList, names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!names.has(name.toLowerCase())) kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}

/** Every value of a header, in order; `name` in lower case. */
export function valuesOf(headers: HeaderList, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    // Nearly all names differ in length already, which is compared in no time.
    const candidate = headers[i];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) values.push(headers[i + 1] ?? '');
  }
  return values;
}

/** The first value of a header; `name` in lower case. */
export function firstValueOf(headers: HeaderList, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}

/** The list in pairs of name and value. */
export function pairsOf(headers: HeaderList): Array<[name: string, value: string]> {
  const pairs: Array<[string, string]> = [];
  for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i] ?? '', headers[i + 1] ?? '']);
  return pairs;
}

/** The list with every value of a header changed; `name` in lower case. */
export function withValuesOf(headers: HeaderList, name: string, change: (value: string) => string): string[] {
  return headers.map((text, index) =>
    index % 2 === 1 && headers[index - 1]?.toLowerCase() === name ? change(text) : text,
  );
}

/** The lower-case names of a list. */
export function namesOf(headers: HeaderList): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) names.add((headers[i] ?? '').toLowerCase());
  return names;
}

/** The value of `Content-Length` in bytes, or undefined when there is none, several or nonsense (RFC 9110 8.6). */
export function contentLengthOf(headers: HeaderList): number | undefined {
  const [value, ...more] = valuesOf(headers, 'content-length');
  return value !== undefined && more.length === 0 && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** The lower-case names that `Connection` names. */
export function namesInConnection(headers: HeaderList): ReadonlySet<string> {
  const connection = valuesOf(headers, 'connection').join(',').toLowerCase();
  // Nearly all requests say no more in `Connection`.
  if (connection === '' || connection === 'keep-alive' || connection === 'close') return noNames;
  return new Set(connection.split(',').map((name) => name.trim()));
}

/** The list as an object like node:http's: lower-case names, `Set-Cookie` as an array, other repeats joined. */
export function toNodeHeaders(headers: HeaderList): IncomingHttpHeaders {
  const shown: IncomingHttpHeaders = {};
  for (const { name, values } of groupByName(headers)) {
    const lower = name.toLowerCase();
    if (lower === 'set-cookie') shown[lower] = values;
    else shown[lower] = values.join(lower === 'cookie' ? '; ' : ', ');
  }
  return shown;
}

/** The values of each name together. A name stands where it came first, and as it was written there. */
export function groupByName(headers: HeaderList): Iterable<{ readonly name: string; readonly values: string[] }> {
  const groups = new Map<string, { name: string; values: string[] }>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const value = headers[i + 1] ?? '';
    const group = groups.get(name.toLowerCase());
    if (group) group.values.push(value);
    else groups.set(name.toLowerCase(), { name, values: [value] });
  }
  return groups.values();
}

/** Whether a value has bytes above 127, which node:http may send as UTF-8. */
export function hasHighByte(value: number | string | readonly string[] | undefined): boolean {
  return /[\x80-\xff]/.test(String(value));
}

/** The form of a header's value (RFC 9110 5.5). */
export const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether node:http writes this value or reason phrase, or throws. */
export function isFieldValue(text: string): boolean {
  return fieldValue.test(text);
}

/** The form of the name of a header, a method or a protocol (RFC 9110 5.6.2). */
export const token = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Whether a text may be the name of a header, a method or a protocol. */
export function isToken(text: string): boolean {
  return token.test(text);
}
