import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type HeaderList, isFieldValue, isToken, pairsOf, stripHopByHop } from '../../http/headers.ts';
import { groupForHttp2 } from '../../http/http2-headers.ts';
import { mayHaveBody } from '../../http/may-have-body.ts';

/** Fields that say how to frame, route or read a message: behind the message they come too late (RFC 9110 6.5.1). */
const onlyInHeads: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'trailer',
]);

/**
 * The trailer fields that can go on to the client, as a flat list. Fields that a frame refuses are left out: node:http throws for them
 * when the body is out already, node:http2 where nobody can catch.
 */
export function trailersFor(res: ServerResponse, received: HeaderList): HeaderList {
  if (received.length === 0 || !mayHaveBody(res.req.method, res.statusCode)) return [];
  const mayFollow = ([name, value]: [string, string]): boolean =>
    isToken(name) && isFieldValue(value) && !onlyInHeads.has(name.toLowerCase());
  return pairsOf(stripHopByHop(received)).filter(mayFollow).flat();
}

/** Has trailer fields sent at the end of the body. */
export function addTrailers(res: ServerResponse, list: HeaderList): void {
  if (list.length > 0) res.addTrailers(res.req.httpVersionMajor < 2 ? pairsOf(list) : byName(list));
}

/** The fields as an object: the compatibility API of node:http2 takes no pairs. */
function byName(list: HeaderList): OutgoingHttpHeaders {
  return Object.fromEntries([...groupForHttp2(list)].map(({ name, values }) => [name, values]));
}
