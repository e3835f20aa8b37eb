import { execFileSync } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { readText } from '../../../src/cli/config/read-text.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { start } from '../command.ts';
import { temporaryFile, temporaryFolder } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const testWithPipes = process.platform === 'win32' ? test.skip : test;

function makePipe(name: string): string {
  const file = path.join(temporaryFolder(resources), name);
  execFileSync('mkfifo', [file]);
  return file;
}

describe('readText', () => {
  test('reads a file that is longer than a chunk, characters of several bytes included', async () => {
    const text = '€'.repeat(100_000);
    expect(await readText(temporaryFile(resources, 'long.txt', text))).toBe(text);
  });

  testWithPipes('reads what comes out of a pipe bit by bit, and waits for it', async () => {
    const pipe = makePipe('slow.txt');
    // Not to write only, which would wait for a reader.
    const writer = await open(pipe, 'r+');
    const reading = readText(pipe);
    for (const line of ['one\n', 'two\n']) {
      // In this time the reader looks more than once.
      for (let turn = 0; turn < 20; turn++) await stat(pipe);
      await writer.write(line);
    }
    await writer.close();
    expect(await reading).toBe('one\ntwo\n');
  });

  testWithPipes('takes a pipe to which nobody writes for empty', async () => {
    expect(await readText(makePipe('lonely.txt'))).toBe('');
  });
});

testWithPipes('a reload of what has become a pipe changes nothing and does not hold up the stop', async () => {
  const endpoint = await resources.start(answering(200, 'hello'));
  const file = temporaryFile(resources, 'brp.json', { endpoints: [endpoint.url] });
  const command = start('-config', file);
  const url = await command.url();
  execFileSync('sh', ['-c', 'rm "$0" && mkfifo "$0"', file]);
  command.signal('SIGHUP');
  expect(await command.line(/cannot reload/)).toMatch(/all stays as it was: .*Unexpected end of JSON input$/);
  expect(await request(url)).toMatchObject({ text: 'hello' });
  command.signal('SIGTERM');
  expect(await command.ended).toMatchObject({ exitCode: 0 });
});
