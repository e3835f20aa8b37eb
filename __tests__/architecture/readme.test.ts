import { readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveOptions } from '../../src/options/config.ts';
import { readSource, root, type SyntaxNode } from './sources.ts';

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
  const groups = 'src/options/timeouts.ts';
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
