import { fallbacksInCode, fieldsOf } from './declarations.ts';
import { codeIn, tableOf } from './tables.ts';

interface DocumentedSetting {
  readonly name: string;
  readonly fallback: string;
}

/** The interfaces of the settings that README has tables of, and what the tables say. */
const documented: Readonly<Record<string, readonly DocumentedSetting[]>> = {
  GotTransportOptions: settingsOf('got'),
  UndiciTransportOptions: settingsOf('undici'),
};

function settingsOf(transport: string): DocumentedSetting[] {
  const rows = tableOf('setting', 'of', 'default', 'meaning');
  return rows.filter(({ of }) => of === 'both' || of.split(', ').includes(transport)).map(settingIn);
}

function settingIn({ setting, default: fallback }: { readonly setting: string; readonly default: string }) {
  return { name: codeIn(setting)[0] ?? '', fallback: fallback.replaceAll('`', '') };
}

/** Another name of a setting, which is told beside it. */
const isAlias = (name: string) => name === 'allowH2';

/** What stands in code for a default that is told in words. */
const inCode: Readonly<Record<string, string>> = {
  'no limit': 'Infinity',
  ours: 'undefined',
  'a connection for each of these requests': 'undefined',
  false: 'undefined',
};

describe.each(Object.entries(documented))("README's table of %s", (type, settings) => {
  const fields = fieldsOf(type).filter(({ name }) => !isAlias(name));

  test('has each setting once and no other', () => {
    expect(settings.map(({ name }) => name).sort()).toEqual(fields.map(({ name }) => name).sort());
  });

  test.each(fields)('gives the default of $name as its comment and its parser have it', ({ name, fallback = '' }) => {
    const written = fallback.replaceAll('_', '');
    expect(settings.find((setting) => setting.name === name)?.fallback).toBe(written);
    const actual = fallbacksInCode(type).get(name)?.replaceAll('_', '');
    expect([written, inCode[written]]).toContain(actual);
  });
});
