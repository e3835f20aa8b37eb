import { quantile } from '../statistics/quantiles.ts';
import type { Result } from './run-scenario.ts';
import { sortedLatencies } from './table.ts';

const width = 760;
const height = 420;
const margin = { left: 60, right: 190, top: 40, bottom: 50 };

/** Distinct in light and dark, also for those who see no red or green (Okabe and Ito). */
const colours = ['#d55e00', '#e69f00', '#009e73', '#0072b2', '#cc79a7', '#56b4e9'];

/** The curves go up to where a run of some thousand requests still has samples. */
const maxNines = 3.3;

const percentiles = [
  { label: 'p50', ratio: 0.5 },
  { label: 'p90', ratio: 0.9 },
  { label: 'p99', ratio: 0.99 },
  { label: 'p99.9', ratio: 0.999 },
];

/** Draws how long requests took, by percentile, both axes logarithmic: an SVG that stands for itself. */
export function latencyChartOf(results: readonly Result[]): string {
  const drawn = results.filter(({ scenario }) => scenario.isDrawn);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    '<title>Latency of a request by percentile, for each strategy</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${margin.left}" y="22" font-size="15">Latency of a request by percentile (milliseconds)</text>`,
    ...percentiles.map(({ label, ratio }) => verticalLine(xOf(ratio), label)),
    ...[1, 10, 100, 1_000].map((ms) => horizontalLine(yOf(ms), String(ms))),
    ...spread(drawn.map((result, index) => curveOf(result, colours[index % colours.length] ?? '#000'))),
    '</svg>',
    '',
  ].join('\n');
}

interface Curve {
  readonly path: string;
  readonly name: string;
  readonly colour: string;
  readonly endY: number;
}

function curveOf(result: Result, colour: string): Curve {
  const sorted = sortedLatencies(result);
  const points = Array.from({ length: 120 }, (_, step) => {
    const ratio = 1 - 10 ** ((-maxNines * (step + 1)) / 120);
    return { x: xOf(ratio), y: yOf(quantile(sorted, ratio)) };
  });
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  return { path, name: result.scenario.name, colour, endY: points.at(-1)?.y ?? 0 };
}

/** Draws the curves with their names at the ends, moved apart where they would cover one another. */
function spread(curves: readonly Curve[]): string[] {
  const byHeight = [...curves].sort((a, b) => a.endY - b.endY);
  let lowest = Number.NEGATIVE_INFINITY;
  return byHeight.map(({ path, name, colour, endY }) => {
    lowest = Math.max(endY, lowest + 18);
    const label = `<text x="${width - margin.right + 8}" y="${lowest + 4}" fill="${colour}">${name}</text>`;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${label}`;
  });
}

function verticalLine(x: number, label: string): string {
  const bottom = height - margin.bottom;
  return `<path d="M${x} ${margin.top}V${bottom}" stroke="#ddd"/><text x="${x}" y="${bottom + 20}" text-anchor="middle" fill="#555">${label}</text>`;
}

function horizontalLine(y: number, label: string): string {
  const right = width - margin.right;
  return `<path d="M${margin.left} ${y}H${right}" stroke="#ddd"/><text x="${margin.left - 8}" y="${y + 4}" text-anchor="end" fill="#555">${label}</text>`;
}

/** By the number of nines: p90 is one, p99 two. */
function xOf(ratio: number): number {
  const nines = -Math.log10(1 - ratio);
  return Math.round(margin.left + ((width - margin.left - margin.right) * nines) / maxNines);
}

function yOf(ms: number): number {
  const share = Math.log10(Math.max(ms, 1)) / Math.log10(2_000);
  return Math.round((height - margin.bottom - (height - margin.top - margin.bottom) * share) * 10) / 10;
}
