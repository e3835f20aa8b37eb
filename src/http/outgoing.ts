import type { IncomingMessage } from 'node:http';
import type { EndpointAddress } from '../endpoints/address.ts';
import { forwardedHeaders, forwardedNames, isForwardedTrusted, type TrustForwarded } from './forwarded.ts';
import { type HeaderList, namesOf, stripHopByHop, valuesOf, without } from './headers.ts';
import { viaEntry } from './via.ts';

/** A request as it goes to every endpoint: what is the same for all of them, made once. */
export interface OutgoingRequest {
  readonly method: string;
  /** The client's request target, before an endpoint's base path goes in front. */
  readonly url: string;
  /** Everything but what depends on the endpoint. */
  readonly headers: HeaderList;
  readonly body: Buffer | undefined;
}

export interface OutgoingSettings {
  readonly via: string;
  readonly trustForwarded: TrustForwarded;
}

/** Headers of the client that we say anew: framing and address belong to each hop, the body has been waited for. */
const replaced: ReadonlySet<string> = new Set([...forwardedNames, 'host', 'content-length', 'expect', 'via']);

export function outgoingRequest(
  req: IncomingMessage,
  body: Buffer | undefined,
  { via, trustForwarded }: OutgoingSettings,
): OutgoingRequest {
  const vias = [...valuesOf(req.rawHeaders, 'via'), viaEntry(req.httpVersion, via)];
  return {
    method: req.method ?? 'GET',
    url: req.url ?? '/',
    headers: [
      ...without(stripHopByHop(req.rawHeaders), replaced),
      ...(body === undefined ? [] : ['Content-Length', String(body.length)]),
      ...forwardedHeaders(req, isForwardedTrusted(req, trustForwarded)),
      ...['Via', vias.join(', ')],
    ],
    body,
  };
}

/** The complete headers for one endpoint: its own Host, credentials and configured headers in front of the rest. */
export function headersFor({ host, authorization, headers: own }: EndpointAddress, common: HeaderList): HeaderList {
  const given = ['Host', host, ...(authorization === undefined ? [] : ['Authorization', authorization])];
  if (authorization === undefined && own.length === 0) return [...given, ...common];
  const configured = namesOf(own);
  const kept = without(common, new Set([...configured, ...namesOf(given)]));
  return [...without(given, configured), ...own, ...kept];
}
