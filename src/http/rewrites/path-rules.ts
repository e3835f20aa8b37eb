import type { PathRewrite } from '../target.ts';

/**
 * The option `pathRewrite` as an object: sources of regular expressions, each with what stands in the place of its match, as in
 * `{ '^/api/v1/': '/v1/' }`. The first expression that matches path and query counts, and no later one is tried.
 */
export type PathRewriteRules = Readonly<Record<string, string>>;

/** The function that these rules stand for. @throws SyntaxError for a text that is no regular expression. */
export function pathRewriteBy(rules: PathRewriteRules): PathRewrite {
  const known = Object.entries(rules).map(([source, replacement]) => ({ pattern: new RegExp(source), replacement }));
  return (path) => {
    // OPTIONS of the whole server has no path.
    const rule = path === '*' ? undefined : known.find(({ pattern }) => pattern.test(path));
    if (!rule) return path;
    const rewritten = path.replace(rule.pattern, rule.replacement);
    // `{ '^/api': '' }` leaves nothing of `/api`, and only the query of `/api?a=1`.
    return rewritten.startsWith('/') ? rewritten : `/${rewritten}`;
  };
}
