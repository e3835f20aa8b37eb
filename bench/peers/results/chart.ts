import type { WorkName } from '../works/works.ts';
import { findFigures, type WorkResult } from './results.ts';

const width = 760;
const nameWidth = 250;
const valueWidth = 60;
const barHeight = 20;
const rowHeight = 26;
const titleHeight = 44;
const panelTitleHeight = 40;

const oursColour = '#0072b2';
const othersColour = '#b3bac2';

/** The works whose CPU time is drawn, one panel each. */
const panels: readonly WorkName[] = ['1 endpoint', 'race of 4'];

/**
 * Draws the CPU time of a request as bars, the shortest on top: an SVG that stands for itself. Works and rows that were
 * not measured are left out.
 */
export function chartOf(results: readonly WorkResult[]): string {
  let top = titleHeight;
  const drawn = panels.flatMap((work) => {
    const bars = barsOf(results, work);
    if (bars.length === 0) return [];
    const panel = panelOf(work, bars, top);
    top += panelTitleHeight + bars.length * rowHeight;
    return panel;
  });
  const height = top + 14;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    '<title>CPU time of the proxy process per request, side by side</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    '<text x="16" y="28" font-size="16" fill="#222">CPU time of the proxy process per request (µs, less is better)</text>',
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

interface Bar {
  readonly name: string;
  readonly value: number;
}

function barsOf(results: readonly WorkResult[], work: WorkName): Bar[] {
  const rows = results.find((result) => result.work === work)?.rows ?? [];
  return rows
    .flatMap(({ row: name }) => {
      const value = findFigures(results, work, name)?.cpuUs;
      return value === undefined || Number.isNaN(value) ? [] : [{ name, value }];
    })
    .sort((a, b) => a.value - b.value);
}

function panelOf(work: WorkName, bars: readonly Bar[], top: number): string[] {
  const longest = Math.max(...bars.map(({ value }) => value));
  const scale = (width - nameWidth - valueWidth - 16) / longest;
  return [
    `<text x="16" y="${top + 24}" font-size="14" font-weight="bold" fill="#222">${escapeText(work)}</text>`,
    ...bars.flatMap((bar, index) => drawBar(bar, top + panelTitleHeight + index * rowHeight, scale)),
  ];
}

function drawBar({ name, value }: Bar, y: number, scale: number): string[] {
  const isOurs = name.startsWith('ours');
  const weight = isOurs ? ' font-weight="bold"' : '';
  const length = Math.max(1, Math.round(value * scale));
  const baseline = y + 15;
  return [
    `<text x="${nameWidth - 8}" y="${baseline}" text-anchor="end" fill="#222"${weight}>${escapeText(name)}</text>`,
    `<rect x="${nameWidth}" y="${y}" width="${length}" height="${barHeight}" fill="${isOurs ? oursColour : othersColour}"/>`,
    `<text x="${nameWidth + length + 6}" y="${baseline}" fill="#222"${weight}>${value.toFixed(0)}</text>`,
  ];
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
