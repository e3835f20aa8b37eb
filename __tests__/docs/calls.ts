import path from 'node:path';
import { isFunction } from '../architecture/functions.ts';
import { nodesOf, type SyntaxNode, sourcesUnder } from '../architecture/sources.ts';

/** All functions and methods in a folder of `src`, each with its file, from `src` on. */
export function functionsIn(folder: string): Array<{ readonly file: string; readonly node: SyntaxNode }> {
  return sourcesUnder(path.posix.join('src', folder)).flatMap((source) =>
    source.nodes.filter(isFunction).map((node) => ({ file: path.posix.relative('src', source.path), node })),
  );
}

/** The names that a function calls, in order: the call of an argument ends before the call that the argument is for. */
export function callsIn(node: SyntaxNode): string[] {
  return [...nodesOf(node)]
    .filter(({ type }) => type === 'CallExpression')
    .sort((a, b) => Number(a.end) - Number(b.end))
    .map(({ callee }) => {
      const { property = callee } = callee as SyntaxNode;
      const { id = property } = property as SyntaxNode;
      return String((id as SyntaxNode).name);
    });
}
