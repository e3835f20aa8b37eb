import path from 'node:path';
import { runProgram } from '../../../bench/processes/children.ts';
import { root } from '../../architecture/sources.ts';

const run = (...flags: readonly string[]) =>
  runProgram(process.execPath, [path.join(root, 'bench/whole.ts'), ...flags]);

/** What the bench prints of its figures depends on nothing but the seed, so that a quick run has goals, too. */
describe('npm run bench:whole', () => {
  test.each(['2 KB, chunked', 'ETag, range'])(
    'sends few requests for %s when it is in a hurry, and all are whole',
    async (only) => {
      expect(await run('--quick', '--only', only)).toMatch(/^\| (?:2 KB|5 MiB), .* +0 \|$/m);
    },
  );

  test('makes a small download when it is in a hurry', async () => {
    expect(await run('--quick', '--large', '--only', 'node')).toMatch(/^\| node +\| 1 of 1 \|/m);
  });
});
