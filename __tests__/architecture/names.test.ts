import { isFunction, linesOf } from './functions.ts';
import { isSyntaxNode, type SourceFile, type SyntaxNode, sourcesUnder } from './sources.ts';

/** Something that a file declares at its top. */
interface Declaration {
  readonly name: string;
  readonly file: string;
  readonly isExported: boolean;
  readonly node: SyntaxNode;
}

/** The declarations at the top of a file. */
function declarationsOf({ path: file, statements }: SourceFile): Declaration[] {
  const listed = new Set(statements.flatMap(listedNames));
  return statements.flatMap((statement) => {
    const inner = isSyntaxNode(statement.declaration) ? statement.declaration : undefined;
    return declaredIn(inner ?? statement).map(({ name, node }) => {
      return { name, node, file, isExported: inner !== undefined || listed.has(name) };
    });
  });
}

/** The names in `export { one, two }`, which is not a re-export. */
function listedNames({ type, source, specifiers }: SyntaxNode): string[] {
  if (type !== 'ExportNamedDeclaration' || isSyntaxNode(source)) return [];
  return (specifiers as readonly SyntaxNode[]).map(({ exported }) => String((exported as SyntaxNode).name));
}

function declaredIn(statement: SyntaxNode): Array<{ readonly name: string; readonly node: SyntaxNode }> {
  if (statement.type !== 'VariableDeclaration') return namedBy(statement, statement);
  return (statement.declarations as readonly SyntaxNode[]).flatMap((one) =>
    namedBy(one, isSyntaxNode(one.init) ? one.init : one),
  );
}

function namedBy({ id }: SyntaxNode, node: SyntaxNode): Array<{ readonly name: string; readonly node: SyntaxNode }> {
  return isSyntaxNode(id) && typeof id.name === 'string' ? [{ name: id.name, node }] : [];
}

/** Whether a declaration is more than a value: a function, a class or a type. */
const isMeaning = (node: SyntaxNode) =>
  isFunction(node) || /^(Class|TSInterface|TSTypeAlias)Declaration$/.test(node.type);

const isOneLiner = (node: SyntaxNode) => isSyntaxNode(node.body) && linesOf(node.body) <= 3;

/** Names that several files give, with these files. */
function doubles(declarations: readonly Declaration[]): readonly string[] {
  const byName = Map.groupBy(declarations, ({ name }) => name);
  return [...byName].flatMap(([name, all]) => {
    const files = [...new Set(all.map(({ file }) => file))];
    return files.length > 1 ? [`${name}: ${files.join(', ')}`] : [];
  });
}

/** The declarations in some folders. The dashboard's page, which is JavaScript, is a program of its own for browsers. */
function declarationsIn(...folders: readonly string[]): readonly Declaration[] {
  const sources = folders.flatMap(sourcesUnder).filter(({ path }) => path.endsWith('.ts'));
  return sources.flatMap(declarationsOf);
}

const src = declarationsIn('src');
const exportedOf = (declarations: readonly Declaration[]) => declarations.filter(({ isExported }) => isExported);

describe('the names', () => {
  test.each([
    ['src', src],
    ['demo', declarationsIn('shared', 'demo')],
    ['bench', declarationsIn('shared', 'bench')],
  ])('that %s exports are each exported by one file', (_, declarations) => {
    expect(exportedOf(declarations).length).toBeGreaterThan(20);
    expect(doubles(exportedOf(declarations))).toEqual([]);
  });

  test('that src exports are nowhere else those of a function, a class or a type', () => {
    const exported = new Set(exportedOf(src).map(({ name }) => name));
    const meanings = src.filter(({ node, isExported }) => isExported || isMeaning(node));
    expect(doubles(meanings.filter(({ name }) => exported.has(name)))).toEqual([]);
  });

  // One line says by itself what it does.
  test('of functions longer than a line are each the name of one in src', () => {
    expect(doubles(src.filter(({ node }) => isFunction(node) && !isOneLiner(node)))).toEqual([]);
  });
});
