import { functionsOf } from './functions.ts';
import { isSyntaxNode, type SourceFile, type SyntaxNode, sourcesUnder } from './sources.ts';

const src = sourcesUnder('src');
const sources = [...src, ...['shared', 'demo', 'examples', 'bench'].flatMap(sourcesUnder)];

describe('the size of what we write', () => {
  test('is at most 200 lines a file', () => {
    expect(sources.filter(({ lineCount }) => lineCount > 200).map((file) => `${file.path}: ${file.lineCount}`)).toEqual(
      [],
    );
  });

  test('is at most 50 lines a function', () => {
    const long = sources.flatMap(functionsOf).filter(({ lines }) => lines > 50);
    expect(long.map(({ place, lines }) => `${place}: ${lines}`)).toEqual([]);
  });

  test('is at most 5 lines for half of the functions of src', () => {
    const lengths = src.flatMap(functionsOf).map(({ lines }) => lines);
    lengths.sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(5);
  });
});

describe('the types of src', () => {
  const placesOf = (isMeant: (node: SyntaxNode) => boolean) =>
    src.flatMap(({ path, nodes }: SourceFile) =>
      nodes.filter(isMeant).map(({ loc: { start } }) => `${path}:${start.line}`),
    );

  test('have no any', () => {
    expect(placesOf(({ type }) => type === 'TSAnyKeyword')).toEqual([]);
  });

  test('are never changed by way of unknown', () => {
    const isCast = (node: unknown): node is SyntaxNode => isSyntaxNode(node) && node.type === 'TSAsExpression';
    const isUnknown = (node: unknown) => isSyntaxNode(node) && node.type === 'TSUnknownKeyword';
    const viaUnknown = (node: SyntaxNode) =>
      isCast(node) && isCast(node.expression) && isUnknown(node.expression.typeAnnotation);
    expect(placesOf(viaUnknown)).toEqual([]);
  });
});
