import { globSync } from 'node:fs';
import path from 'node:path';
import { root } from '../architecture/sources.ts';
import { runLocally, startLocally } from '../cli/command.ts';
import { temporaryFile } from '../cli/files.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { commandLines, fencesIn } from './fences.ts';
import { textOf } from './project.ts';

/** The blocks of output on the pages: no line is made up. */

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A line without what is another one each time: addresses, dates, times and ids. */
const generalized = (line: string) =>
  line
    .replaceAll(/https?:\/\/(?:localhost|127\.0\.0\.1):\d+/g, 'URL')
    .replace(/"(?:127\.0\.0\.1)?:\d+"/, 'ADDRESS')
    .replace(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/, 'DATE')
    .replaceAll(/\b\d+(?:\.\d+)? ?ms\b/g, 'TIME')
    .replace(/id [0-9a-f-]{36}/, 'ID');

/** The lines of the block of output that begins with a text, generalized. */
function shown(page: string, beginning: string): string[] {
  const [[, fence] = []] = fencesIn('text').filter(
    ([, { page: other, code }]) => other === page && code.startsWith(beginning),
  );
  return (fence?.code ?? '').trimEnd().split('\n').map(generalized);
}

describe('the log', () => {
  /** The log of a command of which the first endpoint answers 500 and the second one 200. */
  async function logOfCommand(): Promise<readonly string[]> {
    const bad = await resources.startAt((_, res) => res.writeHead(500).end());
    const good = await resources.startAt((_, res) => res.end('hello, world\n'));
    const command = startLocally('-endpoints', `${bad},${good}`, '-strategy', 'failover');
    await request(`${await command.url()}/hello`);
    await command.line(/served in/);
    return command.lines.map(generalized);
  }

  test('of the command is as docs/command.md and docs/log.md show it', async () => {
    const lines = await logOfCommand();
    const onPage = shown('docs/command.md', 'balancing-reverse-proxy ');
    expect(onPage.length).toBeGreaterThan(2);
    expect(onPage.filter((line) => !lines.includes(line))).toEqual([]);
    expect(shown('docs/log.md', 'balancing-reverse-proxy ')).toEqual(onPage.slice(-1));
  });

  test('in code is as docs/log.md shows it', async () => {
    const endpoint = await resources.startSaying('hello');
    const lines: string[] = [];
    const write = (line: unknown) => void lines.push(String(line));
    const { url } = await resources.serve({
      endpoints: [await refusedUrl(), endpoint.url],
      logger: { info: write, warn: write },
    });
    await request(`${url}/hello?secret`);
    await until(() => lines.length > 0);
    expect(lines.map(generalized)).toEqual(shown('docs/log.md', 'GET /hello'));
  });
});

describe('-check', () => {
  const page = 'docs/configuration-file.md';
  const [[, { code: file } = { code: '' }] = []] = fencesIn('yaml').filter(([, { code }]) =>
    code.startsWith('# proxy.yaml'),
  );
  const { line = '' } = commandLines().find(({ page: other, line }) => other === page && line.endsWith('-check')) ?? {};

  /** Checks a file as the page does. */
  async function check(text: string) {
    const written = temporaryFile(resources, 'proxy.yaml', text);
    const args = line.replace('balancing-reverse-proxy ', '').replace('proxy.yaml', written).split(' ');
    const { stdout, stderr } = await runLocally(...args);
    return {
      stdout: stdout.trimEnd().split('\n'),
      stderr: stderr.replaceAll(written, 'proxy.yaml').trimEnd().split('\n'),
    };
  }

  test('says of the file on the page what stands below it', async () => {
    expect((await check(file)).stdout).toEqual(shown(page, 'OK'));
  });

  test('says of two mistakes in that file what stands below them', async () => {
    const wrong = file
      .replace('tier: 1', 'tier: first')
      .replace('timeouts: { responseMs: 10000', 'timeouts: { idle: 10000');
    expect((await check(wrong)).stderr).toEqual(shown(page, 'balancing-reverse-proxy:'));
  });
});

/** The texts from which output comes. */
const sources = globSync('{src,demo,examples}/**/*.ts', { cwd: root }).map((file) =>
  textOf(file.replaceAll(path.sep, '/')),
);
const isSaid = (words: readonly string[]) => sources.some((text) => text.includes(words.join(' ')));

/** Whether words stand in a program, in one piece or in two. */
function isSaidInTwo(phrase: string): boolean {
  const words = phrase.split(' ');
  return words.some((_, index) => isSaid(words.slice(0, index)) && isSaid(words.slice(index)));
}

test.each(fencesIn('text'))('the words of %s are the words of a program', (_, { code }) => {
  const phrases = code.match(/[A-Za-z]+(?: [A-Za-z]+){3,}/g) ?? [];
  expect(phrases.filter((phrase) => !isSaidInTwo(phrase))).toEqual([]);
});
