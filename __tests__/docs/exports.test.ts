import { readSource, type SyntaxNode } from '../architecture/sources.ts';
import { manifest, textOf } from './project.ts';
import { codeIn } from './tables/tables.ts';

/** docs/api.md has every name that users can import, below the name of the module that it comes from. */

/** The modules of the package, with the file of each. */
const modules = Object.entries(manifest.exports).flatMap(([subpath, entry]) =>
  typeof entry === 'string'
    ? []
    : [[subpath.replace('.', manifest.name), entry.default.replace('dist', 'src').replace(/js$/, 'ts')] as const],
);

/** The names that a file exports, types included. */
function namesOf(file: string): string[] {
  const exported = readSource(file).statements.filter(({ type }) => type === 'ExportNamedDeclaration');
  return exported.flatMap(({ declaration, specifiers }) => {
    const { id, declarations = [{ id }] } = (declaration ?? {}) as Declared;
    const named = (specifiers as Array<{ readonly exported: Named }>).map((one) => one.exported.name);
    return declaration ? declarations.map((one) => (one.id as Named).name) : named;
  });
}

interface Named {
  readonly name: string;
}

interface Declared {
  readonly id?: SyntaxNode & Named;
  readonly declarations?: ReadonlyArray<{ readonly id?: unknown }>;
}

/** The names in the tables below the heading of a module. */
function namesOn(page: string, module: string): string[] {
  const [, part = ''] = textOf(page).split(`\n## \`${module}\`\n`);
  const [own = ''] = part.split(/^## /m);
  return [...own.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) => codeIn(cell));
}

test.each(modules)('each export of %s is told of once, and no other', (module, file) => {
  expect(namesOn('docs/api.md', module).sort()).toEqual(namesOf(file).sort());
});
