import { type HeaderList, withValuesOf } from '../headers.ts';

/** What stands in the place of an attribute's value, by that value; `*` is any other value, and an empty text takes the attribute away. */
export type CookieRules = Readonly<Record<string, string>>;

/** The rules for the attributes of cookies. */
export interface CookieRewrites {
  /** For `Domain`; by names in lower case. */
  readonly domain: CookieRules | undefined;
  /** For `Path`. */
  readonly path: CookieRules | undefined;
}

/** Without a value an attribute is as good as none to browsers (RFC 6265 5.2.3, 5.2.4), and no rule may make a `Domain` of it. */
const domainAttribute = /(;\s*domain\s*=)(\s*[^;\s][^;]*)/gi;
const pathAttribute = /(;\s*path\s*=)(\s*[^;\s][^;]*)/gi;

/** Cookies that browsers refuse with any other path than `/`. */
const hostCookie = /^\s*__host-/i;

/** The list with `Domain` and `Path` of every cookie in `Set-Cookie` rewritten; cookies without these attributes get none. */
export function withRewrittenCookies(headers: HeaderList, { domain, path }: CookieRewrites): string[] {
  return withValuesOf(headers, 'set-cookie', (cookie) => {
    const moved = domain
      ? cookie.replace(domainAttribute, (attribute: string, name: string, value: string) =>
          rewritten({ attribute, name, value: value.trim().toLowerCase() }, domain),
        )
      : cookie;
    if (!path || hostCookie.test(moved)) return moved;
    return moved.replace(pathAttribute, (attribute: string, name: string, value: string) =>
      rewritten({ attribute, name, value: value.trim() }, path),
    );
  });
}

interface Attribute {
  /** The whole of it, with its semicolon. */
  readonly attribute: string;
  /** The part before the value. */
  readonly name: string;
  /** The value, as rules name it. */
  readonly value: string;
}

function rewritten({ attribute, name, value }: Attribute, rules: CookieRules): string {
  const key = Object.hasOwn(rules, value) ? value : '*';
  if (!Object.hasOwn(rules, key)) return attribute;
  const replacement = rules[key];
  return replacement ? `${name}${replacement}` : '';
}
