import type { Download } from '../../../bench/whole/large/download.ts';
import { complaintsAboutDownloads, downloadTableOf } from '../../../bench/whole/large/table.ts';

const MiB = 1_024 * 1_024;
const good: Download = { isWhole: true, megabytesPerSecond: 400, cpuMs: 2_000, grownBytes: 10 * MiB };

const resultOf = (...broken: ReadonlyArray<Partial<Download>>) => ({
  transport: 'got' as const,
  unbroken: broken.map(() => good),
  broken: broken.map((one) => ({ ...good, ...one })),
});

test('downloadTableOf shows medians, and the most that the process has grown by', () => {
  const slow = { megabytesPerSecond: 300, cpuMs: 2_400, grownBytes: 30 * MiB };
  const [, , line] = downloadTableOf([resultOf(slow, { isWhole: false }, slow)]).split('\n');
  const cells = line?.split('|').map((cell) => cell.trim());
  expect(cells?.slice(1, -1)).toEqual(['got', '2 of 3', '0.75', '400', '300', '2000', '2400', '10', '30']);
});

describe('complaintsAboutDownloads', () => {
  test.each([
    { broken: {}, complaints: [] },
    { broken: { isWhole: false }, complaints: ['got: 1 downloads are not whole'] },
    { broken: { megabytesPerSecond: 359 }, complaints: ['got: 0.90 of the throughput without breaks'] },
    { broken: { grownBytes: 60 * MiB }, complaints: ['got: the process grew by 60 MiB'] },
  ])('is $complaints for $broken', ({ broken, complaints }) => {
    expect(complaintsAboutDownloads(resultOf(broken), 0.9)).toEqual(complaints);
  });
});
