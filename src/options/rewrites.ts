import type { IncomingMessage } from 'node:http';
import type { HeaderHook } from '../attempts/attempt/header-hook.ts';
import type { CookieRules } from '../http/rewrites/cookies.ts';
import { type PathRewriteRules, pathRewriteBy } from '../http/rewrites/path-rules.ts';
import type { PathRewrite } from '../http/target.ts';
import { functionOf, type OptionParser, type Parser, trueOrFalse, withSchema } from '../support/parser/kinds.ts';
import { none, type OptionTable, option } from '../support/parser/option.ts';
import { collect, refuse, reject } from '../support/parser/problems.ts';
import { anyOf, type Schema, textLike } from '../support/parser/schema.ts';
import { isPlainObject } from '../support/plain-object.ts';

/**
 * What an attribute of cookies becomes: one value for all, or an object of values by what is there. `*` in an object is everything else,
 * and an empty text takes the attribute away, as in `{ 'api.internal': 'example.com', '*': '' }`.
 */
export type CookieRewrite = string | Readonly<Record<string, string>>;

/**
 * What is changed on the way to endpoints and back.
 * @typeParam Request what the functions among the options get.
 */
export interface RewriteOptions<Request extends IncomingMessage = IncomingMessage> {
  /**
   * Makes another path of the request's, query included, after the mount prefix came off and before an endpoint's base
   * path goes on. A function has to return a path that starts with a slash. Of an object the first regular expression that matches
   * counts: its match gives way to the text beside it, in which `$1` is the first group.
   * @default none
   */
  readonly pathRewrite?: PathRewrite<Request> | PathRewriteRules | undefined;
  /**
   * Changes the headers of each attempt: gets them in node:http's form and returns the headers to set; undefined takes a
   * header away. Hop-by-hop headers were taken off before. `context` says for which attempt. When the function throws or rejects, the
   * attempt has failed.
   * @default none
   */
  readonly rewriteRequest?: HeaderHook<Request> | undefined;
  /**
   * Changes the headers of the response that the client gets, once it has won; it is called for no other. `context.status` is its
   * status. When the function throws, rejects or does not settle within `timeouts.responseMs`, the request ends with `ERR_BRP_HOOK`, since
   * nobody else is asked any more.
   * @default none
   */
  readonly rewriteResponse?: HeaderHook<Request> | undefined;
  /**
   * Puts another `Domain` into the cookies of endpoints; see {@link CookieRewrite}. Cookies without one get none.
   * @default none
   */
  readonly cookieDomainRewrite?: CookieRewrite | undefined;
  /**
   * Puts another `Path` into the cookies of endpoints; see {@link CookieRewrite}. Cookies without one get none, and those whose names
   * begin with `__Host-` keep theirs, because browsers refuse them with any other.
   * @default none
   */
  readonly cookiePathRewrite?: CookieRewrite | undefined;
  /**
   * Leads `Location` of redirects and of 201 back to the proxy where it points at an endpoint, whichever one: base path and host come off,
   * and the path under which the proxy is mounted goes on. A URL, such as `'https://www.example.com/shop'`, is what clients have in the
   * place of an endpoint's URL instead. A `Location` to anywhere else stays as it is.
   * @default false
   */
  readonly locationRewrite?: boolean | string | URL | undefined;
}

const someRules = "a function, or an object of regular expressions and texts such as { '^/api/v1/': '/v1/' }";

/** The part of a path that may be sent as it is. */
const pathText = /^[\x21-\xff]*$/;

const rulesSchema: Schema = { type: 'object', additionalProperties: textLike(pathText) };

const pathRewrite: OptionParser<PathRewrite> = withSchema(rulesSchema, (value, option) => {
  if (typeof value === 'function') return value as PathRewrite;
  if (!isPlainObject(value)) reject(option, someRules, value);
  const rules = textsByName(value, option, (text, at) =>
    typeof text === 'string' && pathText.test(text) ? text : reject(at, 'a part of a path without blanks', text),
  );
  collect(Object.keys(rules), (source) => checkExpression(source, option));
  return pathRewriteBy(rules);
});

function checkExpression(source: string, option: string): void {
  try {
    new RegExp(source);
  } catch (error) {
    refuse(option, `expected regular expressions, but ${(error as Error).message}`);
  }
}

/** An attribute of a cookie may be anything but what ends it (RFC 6265 4.1.1). */
const attributeValue = /^[\x20-\x3a\x3c-\x7e]*$/;

const attributeText: Parser<string> = (value, option) =>
  typeof value === 'string' && attributeValue.test(value)
    ? value
    : reject(option, 'a text without semicolons, or an object of such texts', value);

const cookieSchema: Schema = {
  anyOf: [textLike(attributeValue), { type: 'object', additionalProperties: textLike(attributeValue) }],
};

/** @param nameOf the form in which values of the attribute are compared. */
function cookieRewrite(nameOf: (value: string) => string): OptionParser<CookieRules> {
  return withSchema(cookieSchema, (value, option) => {
    if (!isPlainObject(value)) return Object.freeze({ '*': attributeText(value, option) });
    const rules = Object.entries(textsByName(value, option, attributeText));
    return Object.freeze(Object.fromEntries(rules.map(([name, text]) => [nameOf(name), text])));
  });
}

function textsByName(value: object, option: string, parse: Parser<string>): Readonly<Record<string, string>> {
  const entries = collect(Object.entries(value), ([name, text]) => [name, parse(text, `${option}.${name}`)] as const);
  return Object.fromEntries(entries);
}

const httpUrl = /^[hH][tT][tT][pP][sS]?:\/\/[^\s?#@\\]+$/;

const locationRewrite: OptionParser<boolean | string> = withSchema(
  anyOf(trueOrFalse, { schema: textLike(httpUrl) }),
  (value, option) => {
    if (typeof value === 'boolean') return value;
    const text = value instanceof URL ? value.href : value;
    const parsed = typeof text === 'string' && httpUrl.test(text) ? URL.parse(text) : undefined;
    if (!parsed)
      reject(option, "true, false or an http(s) URL without a query such as 'https://www.example.com'", text);
    return parsed.href.replace(/\/+$/, '');
  },
);

/** The options of {@link RewriteOptions}. */
export const rewriteOptions = {
  pathRewrite: option(pathRewrite, none, "Makes another path of the request's, query included"),
  rewriteRequest: option(functionOf<HeaderHook>(), none, 'Changes the headers of each attempt'),
  rewriteResponse: option(functionOf<HeaderHook>(), none, 'Changes the headers of the response that the client gets'),
  cookieDomainRewrite: option(
    cookieRewrite((domain) => domain.toLowerCase()),
    none,
    'Puts another `Domain` into the cookies of endpoints',
  ),
  cookiePathRewrite: option(
    cookieRewrite((path) => path),
    none,
    'Puts another `Path` into the cookies of endpoints',
  ),
  locationRewrite: option(
    locationRewrite,
    false,
    'Leads `Location` of redirects and of 201 back to the proxy where it points at an endpoint',
  ),
} satisfies OptionTable<Record<keyof RewriteOptions, unknown>>;
