import { textOf } from './project.ts';

/** The pages on migration name all that there is in the packages from which apps come. */

/** The fields of an interface in a package's declarations. */
function fieldsIn(file: string, name: string): string[] {
  const [, body = ''] = new RegExp(`interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\s*\\}\\n`).exec(textOf(file)) ?? [];
  return [...body.matchAll(/^\s+(\w+)\??:/gm)].map(([, field = '']) => field);
}

const httpProxy = 'node_modules/@types/http-proxy/index.d.ts';
const httpxy = 'node_modules/httpxy/dist/index.d.mts';
const middleware = 'node_modules/http-proxy-middleware/dist/types.d.ts';

/** The texts that are code in the first cells of a page's tables. */
const toldIn = (page: string) =>
  [...textOf(page).matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code),
  );

test.each([
  ['from-http-proxy', httpProxy, 'ServerOptions', ''],
  ['from-http-proxy', httpxy, 'ProxyServerOptions', ''],
  ['from-http-proxy', httpxy, 'ProxyServerEventMap', ''],
  ['from-http-proxy-middleware', middleware, 'Options', ''],
  ['from-http-proxy-middleware', middleware, 'OnProxyEvent', 'on.'],
])('docs/recipes/%s.md has all that %s has in %s', (page, file, name, prefix) => {
  const fields = fieldsIn(file, name);
  expect(fields.length).toBeGreaterThan(5);
  const told = toldIn(`docs/recipes/${page}.md`);
  expect(fields.filter((field) => !told.includes(prefix + field))).toEqual([]);
});
