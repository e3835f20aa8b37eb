import { round } from '../../../support/round.ts';

const msByUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  // Go takes the micro sign and the Greek letter mu, which look the same.
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const duration = new RegExp(`^\\+?(?:0|(?:${part.source})+)$`);

/** Reads a Go duration such as `1m30s`, `.5h` or `0`. @returns milliseconds, or undefined when the text is none from 0. */
export function parseDuration(text: string): number | undefined {
  if (!duration.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit = ''] of text.matchAll(part)) ms += Number(count) * (msByUnit[unit] ?? Number.NaN);
  return ms;
}

/** Writes milliseconds as Go does (`36.3ms`, `1m30s`), rounded to about three digits, as more are not read by people. */
export function formatDuration(ms: number): string {
  if (ms < 1) return ms < 0.0005 ? '0s' : `${Math.round(ms * 1_000)}\u00b5s`;
  if (ms < 999.5) return `${round(ms, ms < 99.95 ? 1 : 0)}ms`;
  const seconds = round(ms / 1_000, ms < 10_000 ? 2 : 1);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds}s`;
  const rest = `${minutes % 60}m${round(seconds % 60, 1)}s`;
  return minutes < 60 ? rest : `${Math.floor(minutes / 60)}h${rest}`;
}
