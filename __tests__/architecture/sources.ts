import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from '@babel/parser';

/** The project's folder. */
export const root = path.join(import.meta.dirname, '..', '..');

const { name: packageName, exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
};

/** The files that users of the package import, under {@link root}, by the names by which they do. */
export const publicFiles: ReadonlyMap<string, string> = new Map(
  Object.entries(exports).flatMap(([name, entry]) => {
    if (typeof entry === 'string') return [];
    return [
      [name.replace('.', packageName), entry.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')] as const,
    ];
  }),
);

/** An import or re-export of a file, type-only ones and `import()` included. */
export interface Import {
  readonly from: string;
  /** A path under {@link root} for files of our own, those imported by the package's name included, else a package or `node:` module. */
  readonly to: string;
  readonly isOurs: boolean;
  readonly isType: boolean;
}

/** A part of a program as the parser gives it. */
export interface SyntaxNode {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
  readonly [key: string]: unknown;
}

/** A file of ours, read and parsed. */
export interface SourceFile {
  /** Under {@link root}, with slashes. */
  readonly path: string;
  readonly lineCount: number;
  /** All nodes, those within others too. */
  readonly nodes: readonly SyntaxNode[];
  /** The statements that stand in no other. */
  readonly statements: readonly SyntaxNode[];
  readonly imports: readonly Import[];
}

/** Whether a value of the parser is a node, rather than a name, a number or a comment's text. */
export function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'loc' in value;
}

/** A node with all nodes within it. */
export function* nodesOf(value: unknown): Generator<SyntaxNode> {
  if (isSyntaxNode(value)) yield value;
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item);
  else if (isSyntaxNode(value)) for (const part of Object.values(value)) yield* nodesOf(part);
}

/** Reads and parses one file. */
export function readSource(file: string): SourceFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  const { program } = parse(text, { sourceType: 'module', plugins: ['typescript'], createImportExpressions: true });
  const nodes = [...nodesOf(program)];
  return {
    path: file,
    lineCount: text.trimEnd().split('\n').length,
    nodes,
    statements: (program.body as readonly unknown[]).filter(isSyntaxNode),
    imports: nodes.flatMap((node) => importOf(file, node)),
  };
}

function importOf(from: string, node: SyntaxNode): Import[] {
  const source = node.source ?? (node.type === 'TSImportType' ? node.argument : undefined);
  if (!isSyntaxNode(source)) return [];
  const literal = isSyntaxNode(source.literal) ? source.literal : source;
  const specifier = String(literal.value);
  const isRelative = specifier.startsWith('.');
  const file = isRelative ? path.posix.join(path.posix.dirname(from), specifier) : publicFiles.get(specifier);
  return [{ from, to: file ?? specifier, isOurs: file !== undefined, isType: isTypeOnly(node) }];
}

function isTypeOnly({ type, importKind, exportKind, specifiers = [] }: SyntaxNode): boolean {
  if (type === 'TSImportType' || importKind === 'type' || exportKind === 'type') return true;
  const named = specifiers as readonly SyntaxNode[];
  return named.length > 0 && named.every((specifier) => (specifier.importKind ?? specifier.exportKind) === 'type');
}

/** Reads all programs in a folder and in those within it. */
export function sourcesUnder(folder: string): readonly SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name) && !/(^|[\\/])node_modules[\\/]/.test(name))
    .map((name) => readSource(path.posix.join(folder, name.replaceAll(path.sep, '/'))));
}
