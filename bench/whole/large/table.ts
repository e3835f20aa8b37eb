import { MiB } from '../../../shared/bytes.ts';
import { median } from '../../statistics/quantiles.ts';
import { markdownTable } from '../../tables/markdown-table.ts';
import type { Download, DownloadResult } from './download.ts';

/** The downloads as a Markdown table. */
export function downloadTableOf(results: readonly DownloadResult[]): string {
  const figures = ['MiB/s', 'CPU ms', 'growth MiB'].flatMap((figure) => [`${figure}, unbroken`, `${figure}, broken`]);
  return markdownTable(['transport', 'whole', 'throughput ratio', ...figures], results.map(lineOf));
}

const mostGrownBytes = 60 * MiB;

/** What is not as it should be about the downloads over one transport, a line each. */
export function complaintsAboutDownloads(result: DownloadResult, leastRatio: number): readonly string[] {
  const { transport, unbroken, broken } = result;
  const short = [...unbroken, ...broken].filter(({ isWhole }) => !isWhole).length;
  const ratio = throughputRatioOf(result);
  const grownBytes = mostGrownOf(broken);
  return [
    ...(short > 0 ? [`${transport}: ${short} downloads are not whole`] : []),
    ...(ratio < leastRatio ? [`${transport}: ${ratio.toFixed(2)} of the throughput without breaks`] : []),
    ...(grownBytes < mostGrownBytes ? [] : [`${transport}: the process grew by ${Math.round(grownBytes / MiB)} MiB`]),
  ];
}

/** The throughput of broken downloads over that of unbroken ones: the median over the rounds. */
export function throughputRatioOf({ unbroken, broken }: DownloadResult): number {
  return median(
    broken.map((one, round) => one.megabytesPerSecond / (unbroken[round]?.megabytesPerSecond ?? Number.NaN)),
  );
}

/** The most bytes by which the process has grown during one of the downloads. */
export function mostGrownOf(downloads: readonly Download[]): number {
  return Math.max(...downloads.map(({ grownBytes }) => grownBytes));
}

function lineOf(result: DownloadResult): readonly string[] {
  const { transport, broken, unbroken } = result;
  const both = [unbroken, broken];
  const middles = (figure: 'megabytesPerSecond' | 'cpuMs') =>
    both.map((downloads) => median(downloads.map((download) => download[figure])).toFixed(0));
  return [
    transport,
    `${broken.filter(({ isWhole }) => isWhole).length} of ${broken.length}`,
    throughputRatioOf(result).toFixed(2),
    ...middles('megabytesPerSecond'),
    ...middles('cpuMs'),
    ...both.map((downloads) => (mostGrownOf(downloads) / MiB).toFixed(0)),
  ];
}
