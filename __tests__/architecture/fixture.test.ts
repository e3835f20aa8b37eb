import { isSyntaxNode, type SyntaxNode, sourcesUnder } from './sources.ts';

/** What the fixture, `Resources`, starts and closes in one call. */
const started = /^(startHttp|startTcp|listen|serveProxy)$/;

/** `resources.use(await startHttp(...))` and the like. */
function isLongWay({ type, callee, arguments: args }: SyntaxNode): boolean {
  if (type !== 'CallExpression' || !isSyntaxNode(callee) || callee.type !== 'MemberExpression') return false;
  if (!isSyntaxNode(callee.property) || callee.property.name !== 'use') return false;
  const [awaited] = args as readonly SyntaxNode[];
  if (awaited?.type !== 'AwaitExpression' || !isSyntaxNode(awaited.argument)) return false;
  const { callee: start } = awaited.argument;
  return isSyntaxNode(start) && start.type === 'Identifier' && started.test(String(start.name));
}

test('endpoints and proxies of a test are started by its fixture, which closes them', () => {
  const others = sourcesUnder('__tests__').filter(({ path }) => path !== '__tests__/helpers/proxy.ts');
  const places = others.flatMap(({ path, nodes }) =>
    nodes.filter(isLongWay).map(({ loc }) => `${path}:${loc.start.line}`),
  );
  expect(places).toEqual([]);
});
