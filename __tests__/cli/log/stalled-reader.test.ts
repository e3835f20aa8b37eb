import { once } from 'node:events';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { type Command, start } from '../command.ts';
import { metricIn } from '../metrics.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A path that makes each line of the log long. */
const longPath = `/${'x'.repeat(8_000)}`;

/** Starts a command nobody reads the log of, once it has begun. */
async function startUnread(...flags: readonly string[]) {
  const endpoint = await resources.start(answering(200, 'hello'));
  const command = start('-e', endpoint.url, ...flags);
  const url = `${await command.url()}${longPath}`;
  const admin = flags.includes('-admin') ? await command.adminUrl() : '';
  command.child.stdout?.pause();
  return { command, url, admin };
}

/** Sends so many requests, ten at a time. */
async function send(url: string, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 10) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => request(url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  }
}

/** The lines of requests that were written, and those that were told to be lost. */
function linesOf({ lines }: Command) {
  const losses = lines.map((line) => /(\d+) lines of the log lost: nobody read them for [\d.]+m?s$/.exec(line) ?? []);
  return {
    written: lines.filter((line) => line.includes(longPath)).length,
    lost: losses.reduce((total, [, count = '0']) => total + Number(count), 0),
  };
}

describe('a reader of the log who stands still', () => {
  test.each([
    ['one process', []],
    ['two workers', ['-workers', '2']],
  ])('costs lines of %s, which are counted, and no request', async (_, flags) => {
    const { command, url } = await startUnread(...flags);
    await send(url, 600);
    command.child.stdout?.resume();
    await command.line(/lines of the log lost/);
    await send(url, 10);
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    const { written, lost } = linesOf(command);
    expect(lost).toBeGreaterThan(0);
    expect(written + lost).toBe(610);
    expect(command.lines.filter((line) => !line.startsWith('balancing-reverse-proxy 2'))).toEqual([]);
    expect(command.lines.at(-1)).toMatch(/stopped$/);
  });

  test.each([
    ['one process', []],
    ['two workers', ['-workers', '2']],
  ])('shows in the metrics of %s', async (_, flags) => {
    const { command, url, admin } = await startUnread('-admin', '127.0.0.1:0', ...flags);
    const lost = async () => metricIn((await request(`${admin}/metrics`)).text, 'balancing_proxy_log_lines_lost_total');
    expect(await lost()).toBe(0);
    await send(url, 600);
    command.child.stdout?.resume();
    await command.line(/lines of the log lost/);
    expect(linesOf(command).lost).toBeGreaterThan(0);
    await until(async () => (await lost()) - linesOf(command).lost, 0);
  });

  test.each([
    ['one process', []],
    ['two workers', ['-workers', '2']],
  ])('does not keep %s from stopping', async (_, flags) => {
    const { command, url } = await startUnread(...flags);
    await send(url, 600);
    const ended = once(command.child, 'exit');
    command.signal('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
