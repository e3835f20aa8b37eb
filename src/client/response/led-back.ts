import type { IncomingMessage } from 'node:http';
import type { Candidate } from '../../endpoints/candidate.ts';
import type { EndpointAddress } from '../../endpoints/place/address.ts';
import { askedHost } from '../../http/asked-host.ts';
import { firstValueOf, type HeaderList, withValuesOf } from '../../http/headers.ts';
import { receivedHeaders } from '../../http/received-headers.ts';
import { type CookieRules, withRewrittenCookies } from '../../http/rewrites/cookies.ts';
import { hostNamed, mayLead, rewrittenLocation } from '../../http/rewrites/location.ts';
import { mountPathOf } from '../../http/target.ts';

/** The options by which cookies and redirects of endpoints lead back to the proxy. */
export interface LeadingBackOptions {
  /** Rules for `Domain` of cookies. */
  readonly cookieDomainRewrite: CookieRules | undefined;
  /** Rules for `Path` of cookies. */
  readonly cookiePathRewrite: CookieRules | undefined;
  /** Whether `Location` is rewritten, or the URL that stands in the place of an endpoint's. */
  readonly locationRewrite: boolean | string;
  /** Whether endpoints get the client's `Host`. */
  readonly preserveHost: boolean;
}

/** The response whose headers are changed. */
interface LeadingBack {
  /** The client's request. */
  readonly req: IncomingMessage;
  /** The status of the response. */
  readonly status: number;
  /** Where the endpoint is that has answered. */
  readonly address: EndpointAddress;
  /** All endpoints that the request could be sent to. */
  readonly candidates: readonly Candidate[];
}

/** Whether there is anything to change. */
export function leadsBack({ cookieDomainRewrite, cookiePathRewrite, locationRewrite }: LeadingBackOptions): boolean {
  return locationRewrite !== false || cookieDomainRewrite !== undefined || cookiePathRewrite !== undefined;
}

/** The headers with the cookies and the `Location` that the options say. */
export function ledBack(headers: HeaderList, options: LeadingBackOptions, response: LeadingBack): string[] {
  const { cookieDomainRewrite: domain, cookiePathRewrite: path, locationRewrite } = options;
  const moved = withRewrittenCookies(headers, { domain, path });
  if (locationRewrite === false || !mayLead(response.status)) return moved;
  return withValuesOf(moved, 'location', locationRewriter(options, response));
}

function locationRewriter(
  { locationRewrite, preserveHost }: LeadingBackOptions,
  { req, address, candidates }: LeadingBack,
): (location: string) => string {
  const asked = preserveHost ? askedHost(req, receivedHeaders(req)) : undefined;
  const named = (one: EndpointAddress) => ({ ...one, hosts: hostsOf(one, asked) });
  const endpoints = candidates.map((candidate) => named(candidate.address));
  const base = typeof locationRewrite === 'string' ? locationRewrite : mountPathOf(req);
  return (location) => rewrittenLocation(location, { from: named(address), endpoints, base });
}

/**
 * The hosts for which an endpoint may take itself: that of its URL, and the one that it is told in `Host`. An endpoint need not know that
 * something in front of it takes TLS off, so that `http` counts for `https`. `https` does not count for the `http` of a URL: a server that
 * sends its clients on to TLS would get them back for ever.
 */
function hostsOf({ secure, host, headers }: EndpointAddress, asked: string | undefined): readonly string[] {
  const told = firstValueOf(headers, 'host') ?? asked;
  const own = [hostNamed('http', host), secure ? hostNamed('https', host) : undefined];
  const all = told === undefined ? own : [...own, hostNamed('http', told), hostNamed('https', told)];
  return all.filter((one) => one !== undefined);
}
