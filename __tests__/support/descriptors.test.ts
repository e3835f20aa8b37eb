import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { Descriptors } from '../../src/support/descriptors.ts';

const testOnLinux = process.platform === 'linux' ? test : test.skip;

describe('the file descriptors', () => {
  test('are down to a number when all below the rest are in use', () => {
    const lowestFree = openSync(devNull, 'r');
    closeSync(lowestFree);
    const descriptors = new Descriptors(lowestFree + 10);
    expect([9, 10].map((count) => descriptors.areDownTo(count))).toEqual([false, true]);
  });

  testOnLinux('have the limit of the process', () => {
    const { userLimits } = process.report.getReport() as { userLimits?: { open_files: { soft: number } } };
    expect(new Descriptors().limit).toBe(userLimits?.open_files.soft);
  });
});
