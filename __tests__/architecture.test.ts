import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from '@babel/parser';
import { resolveOptions } from '../src/options/config.ts';

/** Checks what the design says of the whole: who imports whom, how large things are, and that README is complete. */

const root = path.join(import.meta.dirname, '..');

/** An import or re-export of a file, type-only ones and `import()` included. */
interface Import {
  readonly from: string;
  /** A path under the root for files of our own, else a package or `node:` module. */
  readonly to: string;
  readonly isType: boolean;
}

interface SyntaxNode {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
  readonly [key: string]: unknown;
}

interface SourceFile {
  readonly path: string;
  readonly lineCount: number;
  readonly nodes: readonly SyntaxNode[];
  readonly imports: readonly Import[];
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'loc' in value;
}

/** A node with all nodes within it. */
function* nodesOf(value: unknown): Generator<SyntaxNode> {
  if (isSyntaxNode(value)) yield value;
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item);
  else if (isSyntaxNode(value)) for (const part of Object.values(value)) yield* nodesOf(part);
}

function readSource(file: string): SourceFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  const { program } = parse(text, { sourceType: 'module', plugins: ['typescript'], createImportExpressions: true });
  const nodes = [...nodesOf(program)];
  const imports = nodes.flatMap((node): Import[] => {
    const source = (node.source ?? (node.type === 'TSImportType' ? node.argument : undefined)) as
      | SyntaxNode
      | undefined;
    if (!source) return [];
    const specifier = String(source.value ?? (source.literal as SyntaxNode | undefined)?.value);
    const to = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
    return [{ from: file, to, isType: isTypeOnly(node) }];
  });
  return { path: file, lineCount: text.trimEnd().split('\n').length, nodes, imports };
}

function isTypeOnly({ type, importKind, exportKind, specifiers = [] }: SyntaxNode): boolean {
  if (type === 'TSImportType' || importKind === 'type' || exportKind === 'type') return true;
  const named = specifiers as readonly SyntaxNode[];
  return named.length > 0 && named.every((specifier) => (specifier.importKind ?? specifier.exportKind) === 'type');
}

function sourcesUnder(folder: string): SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name))
    .map((name) => readSource(path.posix.join(folder, name.replaceAll(path.sep, '/'))));
}

const sources = sourcesUnder('src');
const imports = sources.flatMap((source) => source.imports);
const isIn =
  (...places: string[]) =>
  (file: string) =>
    places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place));
/** What users of the package can import, and so can the command. */
const exported = [
  'src/index.ts',
  'src/transports/undici.ts',
  'src/observers/metrics/metrics.ts',
  'src/observers/dashboard/dashboard.ts',
];
const shown = (found: readonly Import[]) => found.map(({ from, to }) => `${from} -> ${to}`);

describe('the imports of src', () => {
  test('are found', () => {
    expect(shown(imports)).toEqual(
      expect.arrayContaining([
        'src/proxy/exchange.ts -> src/race/race.ts',
        'src/index.ts -> src/events/events.ts',
        'src/options/options.ts -> src/race/delay.ts',
        'src/endpoints/endpoint.ts -> src/race/delay.ts',
        'src/transports/got.ts -> got',
        'src/client/request/body.ts -> node:http',
      ]),
    );
  });

  test.each<[string, (file: string) => boolean, (file: string) => boolean]>([
    ['race', isIn('src/race/'), (to) => !isIn('src/race/', 'src/errors.ts')(to)],
    ['support', isIn('src/support/'), (to) => isIn('src/')(to) && !isIn('src/support/', 'src/errors.ts')(to)],
    ['endpoints', isIn('src/endpoints/'), isIn('src/transports/')],
    ['http', isIn('src/http/'), isIn('src/race/')],
    [
      'cli',
      isIn('src/cli/'),
      (to) =>
        to.startsWith('src/') &&
        !isIn(
          'src/cli/',
          'src/support/',

          'src/observers/log/shown-target.ts',
          'src/observers/log/explained.ts',
          ...exported,
        )(to),
    ],
    ['everything but the command', (from) => !isIn('src/cli/')(from), isIn('src/cli/', 'src/index.ts', 'express')],
  ])('of %s keep to their side', (_, isFrom, isForbidden) => {
    expect(shown(imports.filter(({ from, to }) => isFrom(from) && isForbidden(to)))).toEqual([]);
  });

  test('of observers are types only, but for what is their own', () => {
    const isForeign = (to: string) =>
      isIn('src/')(to) && !isIn('src/observers/', 'src/support/', 'src/http/', 'src/errors.ts')(to);
    const values = imports.filter(({ from, to, isType }) => isIn('src/observers/')(from) && isForeign(to) && !isType);
    expect(shown(values)).toEqual([]);
  });

  test('name observers only in index, options, proxy, the command and the demo', () => {
    const isAllowed = isIn('src/observers/', 'src/index.ts', 'src/options/', 'src/proxy/', 'src/cli/', 'demo/');
    const all = [...imports, ...sourcesUnder('demo').flatMap((source) => source.imports)];
    expect(shown(all.filter(({ from, to }) => isIn('src/observers/')(to) && !isAllowed(from)))).toEqual([]);
  });

  test.each([
    ['got', 'src/transports/got.ts'],
    ['undici', 'src/transports/undici.ts'],
    ['@opentelemetry/api', 'src/observers/tracing/opentelemetry.ts'],
    ['prom-client', 'src/observers/metrics/metrics.ts', 'src/observers/metrics/instruments.ts'],
    ['yaml', 'src/cli/config/yaml-syntax.ts'],
    ['http-proxy', ''],
  ])('name %s in no other file than %j', (name, ...places) => {
    const isOf = (to: string) => to === name || to.startsWith(`${name}/`);
    expect(shown(imports.filter(({ from, to }) => isOf(to) && !places.includes(from)))).toEqual([]);
  });

  test('name no package that is not a dependency', () => {
    const { dependencies, peerDependencies = {} } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const installed = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
    const isKnown = (to: string) => to.startsWith('node:') || to.startsWith('src/') || installed.has(to);
    expect(shown(imports.filter(({ to }) => !isKnown(to)))).toEqual([]);
  });

  test('go round in no circle, types included', () => {
    const isDone = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      if (isDone.has(file)) return;
      isDone.add(file);
      for (const { from, to } of imports) if (from === file) visit(to, [...trail, file]);
    };
    for (const source of sources) visit(source.path, []);
    expect(circles).toEqual([]);
  });
});

describe('the size of src', () => {
  const isFunction = ({ type, body }: SyntaxNode) =>
    isSyntaxNode(body) && /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|.*Method)$/.test(type);
  const linesOf = ({ loc }: SyntaxNode) => loc.end.line - loc.start.line + 1;

  /** Lines of a function less those of the named functions within it, which are counted by themselves. */
  const ownLinesOf = (node: SyntaxNode): number => {
    const inner = [...nodesOf(node)].filter((one) => one !== node && one.type === 'FunctionDeclaration');
    const outermost = inner.filter((one) => !inner.some((other) => other !== one && [...nodesOf(other)].includes(one)));
    return outermost.reduce((lines, one) => lines - linesOf(one), linesOf(node));
  };

  test('is at most 200 lines per file', () => {
    expect(sources.filter(({ lineCount }) => lineCount > 200).map((file) => `${file.path}: ${file.lineCount}`)).toEqual(
      [],
    );
  });

  test('is at most 50 lines per function', () => {
    const long = sources.flatMap(({ path: file, nodes }) =>
      nodes
        .filter((node) => isFunction(node) && ownLinesOf(node) > 50)
        .map((node) => `${file}:${node.loc.start.line}: ${ownLinesOf(node)}`),
    );
    expect(long).toEqual([]);
  });
});

/** The names of an interface's fields. */
function fieldsOf(file: string, name: string): string[] {
  const declaration = readSource(file).nodes.find(
    ({ type, id }) => type === 'TSInterfaceDeclaration' && (id as SyntaxNode).name === name,
  );
  const { body } = (declaration as SyntaxNode).body as { body: Array<{ key: { name: string } }> };
  return body.map(({ key }) => key.name);
}

/** Names and defaults in the tables under `## Options`. */
function documentedOptions(): ReadonlyMap<string, string> {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const [section = ''] = readme.split(/^## Options$/m)[1]?.split(/^## /m) ?? [];
  const rows = [...section.matchAll(/^\| `([^`]+)` \| ([^|]*) \|/gm)];
  return new Map(rows.map(([, name = '', fallback = '']) => [name, fallback.replaceAll('`', '').replaceAll('_', '')]));
}

describe("README's option tables", () => {
  const groups = 'src/options/groups.ts';
  const fieldsIn = (option: string, file: string, name: string) =>
    fieldsOf(file, name).map((field) => `${option}.${field}`);

  /** Options that are objects, all of whose fields are listed one by one. */
  const listed = {
    timeouts: fieldsIn('timeouts', groups, 'TimeoutOptions'),
    hedge: fieldsIn('hedge', groups, 'HedgeOptions'),
    ejection: fieldsIn('ejection', groups, 'EjectionSettings'),
  };
  const nested = [
    ...fieldsIn('endpoints[]', groups, 'EndpointOptions'),
    ...fieldsIn('tls', 'src/transports/message/transport.ts', 'TlsOptions'),
  ];
  const options = fieldsOf('src/options/options.ts', 'BalancingProxyOptions');
  // `ejection` itself may be true or false, the other two are nothing but their fields.
  const required = [
    ...options.filter((name) => name !== 'timeouts' && name !== 'hedge'),
    ...Object.values(listed).flat(),
  ];

  test('list every option', () => {
    const documented = documentedOptions();
    expect(required.filter((name) => !documented.has(name))).toEqual([]);
  });

  test('list no option that does not exist', () => {
    const known = [...required, ...nested, 'timeouts', 'hedge'];
    expect([...documentedOptions().keys()].filter((name) => !known.includes(name))).toEqual([]);
  });

  const config: object = resolveOptions({ endpoints: ['http://one.example'] });
  // The defaults of these are told in words.
  const toldInWords = ['via', 'maxAttempts'];
  const simple = Object.entries(config)
    .filter(([name, value]) => /boolean|number|string/.test(typeof value) && !toldInWords.includes(name))
    .map(([name]) => name);

  test.each([...simple, ...Object.values(listed).flat()])('give the default of %s', (name) => {
    const value = name.split('.').reduce((part: object, key) => part[key as keyof typeof part], config);
    expect(documentedOptions().get(name)).toBe(typeof value === 'string' ? `'${value}'` : String(value));
  });
});

describe('README', () => {
  test('names every error code and no other', () => {
    const codesIn = (file: string) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      return [...new Set(text.match(/\bERR_BRP_[A-Z_]+/g))].sort();
    };
    expect(codesIn('README.md')).toEqual(codesIn('src/errors.ts'));
  });
});
