import { isSyntaxNode, nodesOf, type SourceFile, type SyntaxNode } from './sources.ts';

/** Whether a node is a function or a method with a body. */
export function isFunction({ type, body }: SyntaxNode): boolean {
  return isSyntaxNode(body) && /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|.*Method)$/.test(type);
}

/** The lines of a node. */
export function linesOf({ loc }: SyntaxNode): number {
  return loc.end.line - loc.start.line + 1;
}

/** The lines of a function less those of the named functions within it, which are counted by themselves. */
function ownLinesOf(node: SyntaxNode): number {
  const inner = [...nodesOf(node)].filter((one) => one !== node && one.type === 'FunctionDeclaration');
  const outermost = inner.filter((one) => !inner.some((other) => other !== one && [...nodesOf(other)].includes(one)));
  return outermost.reduce((lines, one) => lines - linesOf(one), linesOf(node));
}

/** All functions of a file, each with its place and its length in lines. */
export function functionsOf({ path, nodes }: SourceFile): ReadonlyArray<{ place: string; lines: number }> {
  return nodes.filter(isFunction).map((node) => ({ place: `${path}:${node.loc.start.line}`, lines: ownLinesOf(node) }));
}
