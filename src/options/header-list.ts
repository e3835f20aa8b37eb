import { fieldValue, isFieldValue, isToken, token } from '../http/headers.ts';
import { type OptionParser, type Parser, withSchema } from '../support/parser/kinds.ts';
import { collect, refuse, rejectUnseen } from '../support/parser/problems.ts';
import { oneOrSome, type Schema, textLike } from '../support/parser/schema.ts';
import { isPlainObject } from '../support/plain-object.ts';

/** Whether a value can be sent as that of a header. */
export const isHeaderValue = (value: unknown): value is string => typeof value === 'string' && isFieldValue(value);

/** The value of a header. A token that was read from a file with its line end is the usual mistake, and must not end up in a log. */
const headerValue: Parser<string> = (value, name) =>
  isHeaderValue(value) ? value : rejectUnseen(name, 'a string of Latin-1 without control characters', value);

/** A fixed value of these would tear bodies apart, or leave bytes behind that pass for the next request. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade']);

/** Shows no name that is wrong: where the blank behind the colon is missing, the header's value is a part of the name. */
const unseenName =
  'expected names of letters, digits and hyphens (tokens of RFC 9110), got another one; in YAML, a blank has to follow the colon';

const headersByName: Schema = {
  type: 'object',
  propertyNames: textLike(token),
  additionalProperties: oneOrSome(textLike(fieldValue), 0),
};

/** An object of headers as a flat list, the form in which they are sent. */
export const headerList: OptionParser<readonly string[]> = withSchema(headersByName, (value, option) => {
  if (!isPlainObject(value)) rejectUnseen(option, 'an object of header names and values', value);
  const parseEntry = ([name, given]: [string, unknown]): string[] => {
    if (!isToken(name)) refuse(option, unseenName);
    const at = `${option}.${name}`;
    if (framing.has(name.toLowerCase())) rejectUnseen(at, 'a header that does not frame the message', given);
    return (Array.isArray(given) ? given : [given]).flatMap((one) => [name, headerValue(one, at)]);
  };
  return collect(Object.entries(value), parseEntry).flat();
});
