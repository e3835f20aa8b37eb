import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseJson } from '../../src/cli/config/json-syntax.ts';
import { offsetOf, type SourceNode, UnreadableText } from '../../src/cli/config/source-node.ts';
import { parseYaml } from '../../src/cli/config/yaml-syntax.ts';
import { bounded, seedTitle } from './seed.ts';

/** It stands where passwords and tokens stand, and must come out of nothing. */
const secret = 'hunter2';

const pieces = fc.constantFrom(
  ...[secret, `"${secret}"`, `'${secret}'`, `&${secret} `, `*${secret}`, `!${secret} `, `!!${secret} `, `%${secret}`],
  ...['a', 'endpoints', 'true', '1', '\\', '\\u', '"', "'", ': ', ':', ', ', '- ', '? ', '# ', '|', '>', '@', '`', '%'],
  ...[
    '[',
    ']',
    '{',
    '}',
    '<<: ',
    '---',
    '...',
    '%YAML 1.1\n---\n',
    '!!set ',
    '!!omap ',
    '!!binary ',
    '\n',
    '\n  ',
    '\t',
  ],
);
const text = fc.array(pieces, { maxLength: 30 }).map((some) => some.join(''));

describe.each([
  ['YAML', parseYaml],
  ['JSON', parseJson],
])(`a text that should be %s (${seedTitle})`, (_, parse) => {
  test('is parsed, or refused on one line that shows nothing of it', () => {
    const property = fc.property(text, (given) => {
      try {
        parse(given);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        if (error instanceof UnreadableText) {
          expect(error.place.line).toBeLessThanOrEqual(given.split('\n').length);
          expect(Object.values(error.place).every((one) => one > 0)).toBe(true);
        } else expect((error as Error).message).toMatch(/^its aliases /);
        expect((error as Error).message).toMatch(/^.+$/);
        expect((error as Error).message).not.toContain(secret);
      }
    });
    fc.assert(property, bounded(5_000));
  });

  test('has a place within the text for all that it says, once it is parsed', () => {
    const property = fc.property(text, fc.array(pieces, { maxLength: 3 }), (given, path) => {
      const source = sourceOf(() => parse(given));
      for (const part of ['value', 'name'] as const) {
        const offset = source === undefined ? 0 : offsetOf(source, path.join('.'), part);
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThanOrEqual(given.length);
      }
    });
    fc.assert(property, bounded(5_000));
  });
});

function sourceOf(parse: () => { readonly source: SourceNode }): SourceNode | undefined {
  try {
    return parse().source;
  } catch {
    return undefined;
  }
}

/** Every value within a value, with its path as messages name it. */
function partsOf(value: unknown, path = ''): Array<[string, unknown]> {
  if (Array.isArray(value)) {
    return [[path, value], ...value.flatMap((item, index) => partsOf(item, `${path}[${index}]`))];
  }
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const within = fields.flatMap(([name, field]) => partsOf(field, path === '' ? name : `${path}.${name}`));
  return [[path, value], ...within];
}

const word = fc.stringMatching(/^[a-z]{1,5}$/);
const plain = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.string(), fc.double({ noNaN: true }), fc.boolean(), tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(word, tie('value'), { maxKeys: 4 }),
})).value;

describe(`the places of values (${seedTitle})`, () => {
  test('in JSON are where they begin', () => {
    const property = fc.property(fc.dictionary(word, plain), fc.constantFrom('', '  ', '\t'), (value, indent) => {
      const written = JSON.stringify(value, undefined, indent);
      const { source } = parseJson(written);
      for (const [path, part] of partsOf(JSON.parse(written))) {
        const isScalar = typeof part !== 'object' || part === null;
        const beginning = isScalar ? JSON.stringify(part) : Array.isArray(part) ? '[' : '{';
        expect(written.slice(offsetOf(source, path, 'value')).startsWith(beginning)).toBe(true);
      }
    });
    fc.assert(property, bounded(500));
  });

  test('in YAML are where they begin, and those of names in front of them', () => {
    const property = fc.property(fc.dictionary(word, plain), (value) => {
      // Every text in double quotes, and every list and object in brackets, looks as it does in JSON.
      const written = stringify(value, {
        defaultStringType: 'QUOTE_DOUBLE',
        defaultKeyType: 'PLAIN',
        collectionStyle: 'flow',
      });
      const { source } = parseYaml(written);
      for (const [path, part] of partsOf(parseYaml(written).value)) {
        const beginning =
          typeof part === 'string' ? '"' : Array.isArray(part) ? '[' : typeof part === 'object' ? '{' : '';
        expect(written.slice(offsetOf(source, path, 'value')).startsWith(beginning)).toBe(true);
        const name = /[a-z]*$/.exec(path)?.[0] ?? '';
        expect(written.slice(offsetOf(source, path, 'name')).startsWith(path.endsWith(']') ? beginning : name)).toBe(
          true,
        );
      }
    });
    fc.assert(property, bounded(500));
  });
});
