import type { ServerResponse } from 'node:http';
import { valuesOf } from '../../http/headers.ts';
import type { InterimResponse } from '../../transports/message/transport.ts';

/**
 * A link of RFC 8288 3 in the form that Node's check takes, too: with no blank in a value. Node's expression can match `;a=b` in two
 * ways, so that a hundred bytes of it with a bad end stop the process. This expression matches no character in two ways, and every
 * link that it matches is matched by Node's at the first try.
 */
const goodLink =
  /^[\t ]*(<[\t\x20-;=?-~\x80-\xff]*>(?:[\t ]*;[\t ]*[!#$%&'*+.^_`|~\w-]+(?:=(?:"[!#-:<-~\x80-\x9f\xa1-\xff]*"|[!#-:<-~\x80-\x9f\xa1-\xff]*))?)*)[\t ]*$/;

/** Passes an interim response on. Frames can send no other than 103, and of 103 the links only. */
export function writeEarlyHints(res: ServerResponse, { status, headers }: InterimResponse): void {
  if (status !== 103 || res.req.httpVersion === '1.0') return;
  const link = linksIn(valuesOf(headers, 'link'));
  try {
    if (link.length > 0) res.writeEarlyHints({ link });
  } catch {
    // node:http2 throws when the client has just gone, and hints may be missed.
  }
}

/** The links of `Link` headers that can be passed on, found in time that grows with the headers' length and no more. */
export function linksIn(values: readonly string[]): string[] {
  return values.flatMap((value) => [...membersOf(value)].flatMap((member) => goodLink.exec(member)?.[1] ?? []));
}

/** Splits a field at its commas, but not within `<>` and quotes: each character is looked at once. */
function* membersOf(value: string): Iterable<string> {
  let start = 0;
  let closing: string | undefined;
  for (let i = 0; i < value.length; i++) {
    const character = value[i];
    if (closing === '"' && character === '\\') i++;
    else if (character === closing) closing = undefined;
    // Quotes count behind `=` only, and `<` always begins a link: a stray quote takes no other link along, nor does a stray `<`.
    else if (closing === undefined && character === '"' && value[i - 1] === '=') closing = '"';
    else if (character === '<' && closing !== '"') {
      if (closing) yield value.slice(start, i);
      if (closing) start = i;
      closing = '>';
    } else if (character === ',' && closing === undefined) {
      yield value.slice(start, i);
      start = i + 1;
    }
  }
  yield value.slice(start);
}
