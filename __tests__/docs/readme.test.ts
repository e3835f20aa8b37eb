import { proxyOptions } from '../../src/options/config.ts';
import { documented } from '../../src/options/documented.ts';
import { strategyNames } from '../../src/race/strategies/strategies.ts';
import { textOf } from './project.ts';
import { codeIn, tableIn, tableOf } from './tables/tables.ts';

/** README is short, so each of its figures and defaults stands on a page of docs, too, and is the same there. */

const readme = textOf('README.md');

test('the first thing that README shows is how to run the demo, the next one how to run the tests', () => {
  const commands = [...readme.matchAll(/^```sh\n(.*)\n```/gm)].map(([, command]) => command);
  expect(commands.slice(0, 2)).toEqual(['npm install --omit=dev && npm run demo', 'npm install && npm test']);
});

test('the warning about writes stands right behind the first example', () => {
  const [, behind = ''] = readme.split(/```js\n[\s\S]*?```\n/, 2);
  expect(behind.trimStart()).toMatch(/^> \*\*Writes: read this first\.\*\*/);
});

test('the table of strategies has each one, the default first', () => {
  const rows = tableIn('README.md', '`strategy`', 'asks', 'choose it').map((row) => row['`strategy`']);
  expect(rows.flatMap(codeIn)).toEqual(strategyNames.map((name) => `'${name}'`));
  expect(rows.filter((row) => row.includes('(default)'))).toEqual([rows[0]]);
});

describe('the table of the most used options', () => {
  const rows = tableIn('README.md', 'option', 'default', 'for').map((row) => ({ ...row, name: codeIn(row.option)[0] }));
  const options = documented(proxyOptions);

  test('has ten', () => {
    expect(rows).toHaveLength(10);
  });

  test.each(rows)('has the default of $name', ({ name, default: told }) => {
    const { fallback } = options.find(({ path }) => path === name) ?? {};
    const limits = options.filter(({ path }) => path.startsWith('timeouts.'));
    const millisecondsOf = (path: string) =>
      Number(limits.find((one) => one.path === path)?.fallback?.replaceAll('`', ''));
    const [connectMs, responseMs] = ['timeouts.connectMs', 'timeouts.responseMs'].map(millisecondsOf);
    const words = `${Number(connectMs) / 1_000} s to connect, ${Number(responseMs) / 1_000} s to the head`;
    expect(told).toBe(name === 'timeouts' ? words : fallback);
  });
});

/** The lines of the charts: a name, a figure and a bar. */
function chartAfter(words: string): Array<{ readonly name: string; readonly figure: number; readonly bar: number }> {
  const [, behind = ''] = readme.split(words);
  const [, chart = ''] = /```text\n([\s\S]*?)```/.exec(behind) ?? [];
  const lines = [...chart.matchAll(/^(.*?) +([\d.]+)(?: %)? {2}(█+▌?)$/gm)];
  expect(lines).toHaveLength(chart.trimEnd().split('\n').length);
  return lines.map(([, name = '', figure, bar = '']) => ({
    name,
    figure: Number(figure),
    bar: bar.length - (bar.endsWith('▌') ? 0.5 : 0),
  }));
}

/** A text without what makes it bold. */
const plain = (cell: string) => cell.replaceAll('*', '');

describe('the chart of costs', () => {
  const lines = chartAfter('CPU time of the proxy per GET');
  const one = tableOf(
    'one endpoint',
    'GET, CPU µs',
    'POST of 10 KB, CPU µs',
    '1 MiB, CPU µs',
    '1 GiB, MB/s',
    '5,000 SSE streams, KiB each',
  );
  const several = tableOf(
    'several endpoints',
    'race of 4, CPU µs',
    'race of 16, CPU µs',
    'one slow of 4, CPU µs',
    'hedge over 4, CPU µs',
  );
  const measured = new Map([
    ...one.map((row) => [plain(row['one endpoint']), row['GET, CPU µs']] as const),
    ...several.map((row) => [`${plain(row['several endpoints'])}, race of 4`, row['race of 4, CPU µs']] as const),
  ]);

  test.each(lines)('has the figure for $name, with a bar of its length', ({ name, figure, bar }) => {
    expect(measured.get(name.replace(', one endpoint', ''))).toBe(String(figure));
    expect(bar).toBe(Math.round(figure / 5));
  });
});

describe('the chart of answers that come whole', () => {
  const lines = chartAfter('Answers that came whole');
  const rows = tableOf(
    'answer',
    '`resume`',
    '1 endpoint',
    'not resumed',
    'got',
    'undici',
    'node',
    'HTTP/2',
    'hedge',
    'failover',
    'wrong',
  );

  test.each(lines)('has the figure for $name, with a bar of its length', ({ name, figure, bar }) => {
    const [answer = '', endpoints] = name.split(/ {2,}/);
    const column = endpoints === 'one endpoint' ? '1 endpoint' : 'got';
    expect(rows.filter((row) => row.answer === answer).map((row) => row[column])).toContain(`${figure.toFixed(1)} %`);
    expect(bar).toBe(Math.round(figure / 2.5) / 2);
  });
});
