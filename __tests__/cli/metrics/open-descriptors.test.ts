import { closeSync, openSync, readdirSync } from 'node:fs';
import { devNull } from 'node:os';
import { openDescriptors } from '../../../src/cli/metrics/open-descriptors.ts';

const onLinux = process.platform === 'linux' ? test : test.skip;

describe('openDescriptors', () => {
  onLinux('counts those that are open', async () => {
    const before = (await openDescriptors()) ?? Number.NaN;
    const opened = Array.from({ length: 50 }, () => openSync(devNull, 'r'));
    expect(await openDescriptors()).toBe(before + 50);
    // Reading the folder takes one.
    expect(await openDescriptors()).toBe(readdirSync('/proc/self/fd').length - 1);
    for (const descriptor of opened) closeSync(descriptor);
    expect(await openDescriptors()).toBe(before);
  });
});
