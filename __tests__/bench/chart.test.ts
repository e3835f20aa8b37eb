import { chartOf } from '../../bench/peers/results/chart.ts';

const results = [
  {
    work: '1 endpoint',
    rows: [
      { row: 'slow <&> steady', figures: { cpuUs: 100 } },
      { row: 'ours (got)', figures: { cpuUs: 50 } },
      { row: 'broken', figures: {}, problem: 'it answers 502' },
    ],
  },
  { work: 'race of 4', rows: [{ row: 'ours (undici)', figures: { cpuUs: 80 } }] },
  { work: 'race of 16', rows: [{ row: 'ours (undici)', figures: { cpuUs: 300 } }] },
];

/** The names of elements that are open at the end, or the first one that is closed in the wrong order. */
function unbalanced(svg: string): readonly string[] {
  const open: string[] = [];
  for (const [, end, name = '', empty] of svg.matchAll(
    /<(\/?)([a-z]+)(?: [a-z-]+="[^"<&]*"| [a-zA-Z]+="[^"<&]*")*(\/?)>/g,
  )) {
    if (empty === '/') continue;
    if (end !== '/') open.push(name);
    else if (open.pop() !== name) return [name];
  }
  return open;
}

describe('chartOf', () => {
  const svg = chartOf(results);
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

  test('is well-formed, also with names that are no XML', () => {
    expect(unbalanced(svg)).toEqual([]);
    const withoutElements = svg.replaceAll(/<\/?[a-z]+[^<>]*>/g, '').replaceAll(/&(amp|lt|gt);/g, '');
    expect(withoutElements).not.toMatch(/[<>&]/);
  });

  test('has a title, and a ground of its own for light and dark pages', () => {
    expect(svg).toContain('<title>');
    expect(svg).toMatch(/<rect width="\d+" height="\d+" fill="#fff"\/>/);
  });

  test('shows the rows of its two works with their values, the shortest first, without those that have none', () => {
    expect(texts.slice(1)).toEqual([
      '1 endpoint',
      'ours (got)',
      '50',
      'slow &lt;&amp;&gt; steady',
      '100',
      'race of 4',
      'ours (undici)',
      '80',
    ]);
  });

  test('gives each bar its length and ours another colour', () => {
    const bars = [...svg.matchAll(/<rect x="\d+" y="\d+" width="(\d+)" height="\d+" fill="(.*?)"/g)];
    const [ours, other] = bars.map(([, width, colour]) => ({ width: Number(width), colour }));
    expect(other?.width).toBeCloseTo(2 * (ours?.width ?? 0), -1);
    expect(ours?.colour).not.toBe(other?.colour);
  });
});
