import { request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { start } from '../command.ts';
import { metricIn } from '../metrics.ts';
import { resources } from './two-workers.ts';

test('a primary that stands still costs lines of the log, which are counted, and no request', async () => {
  const endpoint = await resources.start(answering(200, 'hello'));
  const command = start('-e', endpoint.url, '-workers', '2', '-admin', '127.0.0.1:0');
  const [url, admin] = [await command.url(), await command.adminUrl()];
  const path = `/${'x'.repeat(8_000)}`;
  const written = () => command.lines.filter((line) => line.includes(path)).length;
  const lost = () => {
    const losses = command.lines.map((line) => /(\d+) lines of the log lost/.exec(line) ?? []);
    return losses.reduce((total, [, count = '0']) => total + Number(count), 0);
  };
  command.signal('SIGSTOP');
  for (let sent = 0; sent < 1_000; sent += 10) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => request(url + path)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  }
  command.signal('SIGCONT');
  await command.line(/lines of the log lost: the primary did not take them from worker \d for [\d.]+m?s$/);
  // At its end the command waits half a second for whoever reads.
  await until(() => written() + lost(), 1_000);
  const metric = metricIn((await request(`${admin}/metrics`)).text, 'balancing_proxy_log_lines_lost_total');
  command.signal('SIGTERM');
  expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  expect(metric).toBe(lost());
});
