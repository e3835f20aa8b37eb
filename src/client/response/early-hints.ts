import type { ServerResponse } from 'node:http';
import { valuesOf } from '../../http/headers.ts';
import type { InterimResponse } from '../../transports/message/transport.ts';

/**
 * A link of RFC 8288 3 in the form that Node's check takes, too: nothing is blank in a value. Node's expression can match
 * `;a=b` in two ways, so that a hundred bytes of it with a bad end stop the process. Here no character can be matched in
 * two ways, and what this matches, Node's expression matches at its first try.
 */
const goodLink =
  /^[\t ]*(<[\t\x20-;=?-~\x80-\xff]*>(?:[\t ]*;[\t ]*[!#$%&'*+.^_`|~\w-]+(?:=(?:"[!#-:<-~\x80-\x9f\xa1-\xff]*"|[!#-:<-~\x80-\x9f\xa1-\xff]*))?)*)[\t ]*$/;

/** 103 is the one interim response that frames can pass on, and only its links. */
export function writeEarlyHints(res: ServerResponse, { status, headers }: InterimResponse): void {
  if (status !== 103 || res.req.httpVersion === '1.0') return;
  const link = linksIn(valuesOf(headers, 'link'));
  try {
    if (link.length > 0) res.writeEarlyHints({ link });
  } catch {
    // In node:http2 it throws when the client has just gone; hints may be missed.
  }
}

/** The links of `Link` headers that can be passed on, in time that grows with their length and no more. */
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
    // What is quoted can only stand behind `=`: a stray quote takes no other link along, nor does a `<` without its end.
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
