import { globSync } from 'node:fs';
import { statusByCode } from '../../../src/errors.ts';
import { root } from '../../architecture/sources.ts';
import { pages, textOf } from '../project.ts';
import { codeIn, tableOf } from './tables.ts';

describe('the table of errors', () => {
  const rows = tableOf('code', 'status', 'when').map(({ code, status }) => [codeIn(code)[0] ?? '', Number(status)]);

  test('has a row for each code of an error, with its status, and no other', () => {
    expect(new Map(rows as Array<[string, number]>)).toEqual(new Map(Object.entries(statusByCode)));
    expect(rows).toHaveLength(Object.keys(statusByCode).length);
  });
});

test.each(pages)('%s names no code of an error that does not exist', (page) => {
  const named = new Set(textOf(page).match(/\bERR_BRP_[A-Z_]+\b/g));
  expect([...named].filter((code) => !(code in statusByCode))).toEqual([]);
});

test('the table of optional peers names each one, and the version from which it works', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).map(textOf);
  const checks = sources.flatMap((text) => [...text.matchAll(/checkPeer\(\{ name: '(.*?)', .*oldest: '(.*?)'/g)]);
  const checked = checks.map(([, name = '', oldest = '']) => ({ name, oldest: oldest.split('.') }));
  const rows = tableOf('peer', 'works from', 'for', 'what older ones do');
  const listed = rows.map((row) => ({ name: row.peer, oldest: row['works from'].split('.') }));
  const complete = listed.map(({ name, oldest }) => ({ name, oldest: [...oldest, '0', '0'].slice(0, 3) }));
  expect(new Set(complete)).toEqual(new Set(checked));
});
