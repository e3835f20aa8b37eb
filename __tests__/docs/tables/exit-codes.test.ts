import { globSync } from 'node:fs';
import { root } from '../../architecture/sources.ts';
import { LocalCommand, runLocally } from '../../cli/command.ts';
import { textOf } from '../project.ts';
import { tableOf } from './tables.ts';

describe('the table of exit codes', () => {
  const codes = tableOf('exit code', 'why').map((row) => row['exit code']);

  test('has those of the errors of the command, once each', () => {
    const thrown = globSync('src/cli/**/*.ts', { cwd: root }).flatMap((file) =>
      [...textOf(file).matchAll(/new CommandError\(\s*(\d+)/g)].map(([, code = '']) => code),
    );
    expect(codes).toEqual(['0', ...[...new Set(thrown)].sort(), "128 and the signal's number"]);
  });

  test.each([
    [0, ['-check', '-e', 'http://a.example']],
    [0, ['-version']],
    [2, ['-timeout', 'fast']],
    [2, ['-config', 'missing.yaml']],
    [1, ['-e', 'http://a.example', '-address', '127.0.0.1:0', '-log-file', '/missing/log']],
  ])('gives %d for %j', async (code, args) => {
    expect(await runLocally(...args)).toMatchObject({ exitCode: code });
  });

  test('gives 1 for no arguments at all', async () => {
    expect(await new LocalCommand([]).ended).toMatchObject({ exitCode: 1 });
  });
});
