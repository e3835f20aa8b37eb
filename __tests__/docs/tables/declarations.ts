import { globSync } from 'node:fs';
import { parse } from '@babel/parser';
import { root } from '../../architecture/sources.ts';
import { textOf } from '../project.ts';

/** A field of an interface, as it is declared. */
export interface Field {
  readonly name: string;
  /** The `@default` of the field's doc comment, if there is one. */
  readonly fallback: string | undefined;
  /** The text of the field's doc comment before any tag, in one line. */
  readonly says: string;
  /** The strings that the field may be, where it is one of some. */
  readonly choices: readonly string[];
}

type Statement = ReturnType<typeof parse>['program']['body'][number];
type InterfaceDeclaration = Extract<Statement, { readonly type: 'TSInterfaceDeclaration' }>;
type TypeDeclaration = Extract<Statement, { readonly type: 'TSTypeAliasDeclaration' }>;
type Declaration = InterfaceDeclaration | TypeDeclaration;
type Property = Extract<InterfaceDeclaration['body']['body'][number], { readonly type: 'TSPropertySignature' }>;

interface Declared {
  readonly file: string;
  readonly declaration: Declaration;
}

/** Every interface and type of `src`, by its name. */
const declared: ReadonlyMap<string, Declared> = new Map(
  globSync('src/**/*.ts', { cwd: root }).flatMap((file) =>
    parse(textOf(file), { sourceType: 'module', plugins: ['typescript'] })
      .program.body.map((statement) =>
        statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement,
      )
      .filter((statement) => isDeclaration(statement))
      .map((declaration) => [declaration.id.name, { file, declaration }] as const),
  ),
);

function isDeclaration(statement: Statement | null | undefined): statement is Declaration {
  return statement?.type === 'TSInterfaceDeclaration' || statement?.type === 'TSTypeAliasDeclaration';
}

/** The names of all interfaces that extend one. */
export function extensionsOf(name: string): string[] {
  const all = [...declared.values()]
    .map(({ declaration }) => declaration)
    .filter((declaration) => declaration.type === 'TSInterfaceDeclaration');
  return all.filter((declaration) => parentsOf(declaration).includes(name)).map(({ id }) => id.name);
}

function parentsOf({ extends: parents }: InterfaceDeclaration): string[] {
  return (parents ?? []).map(({ expression }) => (expression.type === 'Identifier' ? expression.name : ''));
}

/**
 * The fields of an interface, with those that it takes over from others.
 * @throws when there is no such interface.
 */
export function fieldsOf(name: string): Field[] {
  const declaration = declared.get(name)?.declaration;
  if (declaration?.type !== 'TSInterfaceDeclaration') throw new Error(`src has no interface ${name}`);
  const own = declaration.body.body.filter((member) => member.type === 'TSPropertySignature');
  return [
    ...parentsOf(declaration).flatMap(fieldsOf),
    ...own.map((field) => ({
      name: nameOf(field),
      fallback: fallbackOf(field),
      says: saidOf(field),
      choices: choicesOf(field),
    })),
  ];
}

/** The names of the interfaces that a type is one of, which may be itself. */
export function typesOf(name: string): string[] {
  const declaration = declared.get(name)?.declaration;
  if (declaration?.type !== 'TSTypeAliasDeclaration') return [name];
  const { typeAnnotation } = declaration;
  const parts = typeAnnotation.type === 'TSUnionType' ? typeAnnotation.types : [typeAnnotation];
  return parts.flatMap((part) => {
    if (part.type !== 'TSTypeReference' || part.typeName.type !== 'Identifier') return [];
    return typesOf(part.typeName.name);
  });
}

/** The strings of a type that is one of some. @throws when there is no such type. */
export function choicesNamed(name: string): string[] {
  const declaration = declared.get(name)?.declaration;
  const strings = declaration?.type === 'TSTypeAliasDeclaration' ? stringsOf(declaration.typeAnnotation) : [];
  if (strings.length === 0) throw new Error(`src has no type ${name} of strings`);
  return strings;
}

function nameOf({ key }: Property): string {
  return key.type === 'Identifier' ? key.name : '';
}

function fallbackOf(field: Property): string | undefined {
  return /@default (.+?)\s*$/m.exec(commentOf(field))?.[1];
}

function saidOf(field: Property): string {
  const [said = ''] = commentOf(field).split(/^@/m);
  return said.replaceAll(/\s+/g, ' ').trim();
}

/** The text of a field's doc comment, without the stars. */
function commentOf({ leadingComments }: Property): string {
  return (leadingComments ?? []).map(({ value }) => value.replaceAll(/^[ *]+/gm, '')).join('\n');
}

function choicesOf({ typeAnnotation }: Property): string[] {
  return typeAnnotation?.type === 'TSTypeAnnotation' ? stringsOf(typeAnnotation.typeAnnotation) : [];
}

/** The strings that a type of strings has, also where it goes by a name of its own. */
function stringsOf(type: TypeDeclaration['typeAnnotation']): string[] {
  if (type.type === 'TSUnionType') return type.types.flatMap(stringsOf);
  if (type.type === 'TSLiteralType') return type.literal.type === 'StringLiteral' ? [type.literal.value] : [];
  if (type.type !== 'TSTypeReference' || type.typeName.type !== 'Identifier') return [];
  const named = declared.get(type.typeName.name)?.declaration;
  return named?.type === 'TSTypeAliasDeclaration' ? stringsOf(named.typeAnnotation) : [];
}
