import { parse } from 'yaml';
import { resolveOptions } from '../../src/options/config.ts';
import { textOf } from './project.ts';

test('the file of the command that is shown has options that are taken, a backup and retries', () => {
  const [, file = ''] = /```yaml\n(# proxy\.yaml.*?)```/s.exec(textOf('docs/configuration-file.md')) ?? [];
  expect(resolveOptions(parse(file))).toMatchObject({
    endpoints: [{ tier: 0 }, { tier: 0 }, { tier: 1 }],
    retry: { forMs: 5_000 },
  });
});
