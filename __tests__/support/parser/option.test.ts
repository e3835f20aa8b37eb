import { milliseconds, onlyInCode, trueOrFalse, withSchema } from '../../../src/support/parser/kinds.ts';
import { group, inWords, none, objectOf, option, required } from '../../../src/support/parser/option.ts';

describe('an option', () => {
  test.each<[string, string | number | boolean]>([
    ["`'race'`", 'race'],
    ['`3000`', 3_000],
    ['`Infinity`', Infinity],
    ['`false`', false],
  ])('shows the default %s as code', (fallback, value) => {
    expect(
      option(
        withSchema<unknown>(onlyInCode, (given) => given),
        value,
        'Says something',
      ).fallback,
    ).toBe(fallback);
  });

  test('reads its default like a value that was given', () => {
    const { parse } = option(
      withSchema(onlyInCode, (value) => `read ${value}`),
      'default',
      'Says something',
    );
    expect([parse(undefined, 'name'), parse('given', 'name')]).toEqual(['read default', 'read given']);
  });

  test('makes a default in words anew each time, and does not read it', () => {
    const made: object[] = [{}, {}];
    const { parse, fallback } = option<object, object>(
      withSchema(onlyInCode, () => {
        throw new Error('read');
      }),
      inWords('a new `object`', () => made.shift() ?? {}),
      'Says something',
    );
    expect(fallback).toBe('a new `object`');
    expect(parse(undefined, 'name')).not.toBe(parse(undefined, 'name'));
  });

  test('may have no default, and has to be given then', () => {
    const { parse, fallback } = required(milliseconds, 'Says something');
    expect(fallback).toBe('required');
    expect(() => parse(undefined, 'name')).toThrow(/option `name`: expected milliseconds/);
  });
});

describe('objectOf', () => {
  const inner = { waitMs: option(milliseconds, 5, 'Says something') };
  const parse = objectOf({
    isOn: option(trueOrFalse, true, 'Says something'),
    extra: option(trueOrFalse, none, 'Says something'),
    inner: group(objectOf(inner), inner, 'Says something'),
  });

  test('fills in all defaults, those within a group too, and freezes', () => {
    const parsed = parse({}, '');
    expect(parsed).toEqual({ isOn: true, extra: undefined, inner: { waitMs: 5 } });
    expect([parsed, parsed.inner].every(Object.isFrozen)).toBe(true);
  });

  test('gathers the problems of all options, unknown ones first', () => {
    expect(() => parse({ isOn: 1, inner: { waitMs: 0, wait: 1 }, isOf: true }, '')).toThrow(
      expect.objectContaining({
        problems: [
          'option `isOf` is unknown; did you mean `isOn`?',
          'option `isOn`: expected true or false, got 1',
          'option `inner.wait` is unknown; did you mean `waitMs`?',
          expect.stringMatching(/^option `inner.waitMs`: expected milliseconds/),
        ],
      }),
    );
  });
});
