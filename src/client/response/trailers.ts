import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type HeaderList, isFieldValue, isToken, stripHopByHop } from '../../http/headers.ts';
import { groupForHttp2 } from '../../http/http2-headers.ts';

/** What says how to frame, route or read a message comes too late behind it (RFC 9110 6.5.1). */
const onlyInHeads: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'trailer',
]);

/**
 * The trailer fields that can go on to the client. What a frame refuses must not get there: node:http throws when the
 * body is out already, node:http2 where nobody can catch.
 */
export function trailersFor(res: ServerResponse, received: HeaderList): HeaderList {
  if (received.length === 0 || res.req.method === 'HEAD' || res.statusCode === 204 || res.statusCode === 304) return [];
  const list = stripHopByHop(received);
  const kept: string[] = [];
  for (let i = 0; i < list.length; i += 2) {
    const [name = '', value = ''] = list.slice(i, i + 2);
    if (isToken(name) && isFieldValue(value) && !onlyInHeads.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

/** Has them sent at the end of the body. */
export function addTrailers(res: ServerResponse, list: HeaderList): void {
  if (list.length > 0) res.addTrailers(res.req.httpVersionMajor < 2 ? pairsOf(list) : byName(list));
}

/** Pairs keep the fields as they came. */
function pairsOf(list: HeaderList): Array<[string, string]> {
  const pairs: Array<[string, string]> = [];
  for (let i = 0; i < list.length; i += 2) pairs.push([list[i] ?? '', list[i + 1] ?? '']);
  return pairs;
}

/** The compatibility API of node:http2 takes no pairs. */
function byName(list: HeaderList): OutgoingHttpHeaders {
  return Object.fromEntries([...groupForHttp2(list)].map(({ name, values }) => [name, values]));
}
