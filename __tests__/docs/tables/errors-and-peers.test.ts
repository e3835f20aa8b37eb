import { globSync } from 'node:fs';
import { BalancingProxyError, type ErrorCode } from '../../../src/errors.ts';
import { root } from '../../architecture/sources.ts';
import { textOf } from '../project.ts';
import { codeIn, tableOf } from './tables.ts';

const codes = tableOf('code', 'status', 'when').map(({ code, status }) => ({ code: codeIn(code)[0] ?? '', status }));

test.each(codes)('README gives the status of $code', ({ code, status }) => {
  expect(status).toBe(String(new BalancingProxyError(code as ErrorCode, 'why').status));
});

test("README's table of optional peers names each one, and the version from which it works", () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).map(textOf);
  const checks = sources.flatMap((text) => [...text.matchAll(/checkPeer\(\{ name: '(.*?)', .*oldest: '(.*?)'/g)]);
  const checked = checks.map(([, name = '', oldest = '']) => ({ name, oldest: oldest.split('.') }));
  const rows = tableOf('peer', 'works from', 'for', 'what older ones do');
  const listed = rows.map((row) => ({ name: row.peer, oldest: row['works from'].split('.') }));
  const complete = listed.map(({ name, oldest }) => ({ name, oldest: [...oldest, '0', '0'].slice(0, 3) }));
  expect(new Set(complete)).toEqual(new Set(checked));
});
