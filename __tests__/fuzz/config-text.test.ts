import fc from 'fast-check';
import { parseJson } from '../../src/cli/config/json-syntax.ts';
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
        expect((error as Error).message).toMatch(/^(?:line \d+, column \d+: .+|its aliases .+)$/);
        expect((error as Error).message).not.toContain(secret);
      }
    });
    fc.assert(property, bounded(5_000));
  });
});
