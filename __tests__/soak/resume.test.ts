import { measureDownloads, startMirrors } from '../../bench/whole/large/download.ts';
import { mostGrownOf } from '../../bench/whole/large/table.ts';
import { transportNames } from '../../bench/whole/parts/transports.ts';
import { seed, seedTitle } from '../fuzz/seed.ts';
import { Resources } from '../helpers/proxy.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const MiB = 1_024 * 1_024;

/** A quarter of the file of `npm run bench:whole -- --large`, which is broken off as often. */
const file = { bytes: 256 * MiB, leastBytes: 5e6, mostBytes: 50e6, seed };

describe(`a body of 256 MiB from four endpoints that each break off after 5 to 50 MB (${seedTitle})`, () => {
  test.each([
    ...transportNames.map((transport) => ({ transport, resume: 'range' as const })),
    { transport: 'got' as const, resume: 'replay' as const },
  ])(
    'arrives whole by $resume over $transport, and takes the proxy less than 60 MB',
    async (settings) => {
      const mirrors = resources.use(await startMirrors(file));
      const { broken, unbroken } = await measureDownloads(mirrors, { ...settings, rounds: 2 });
      expect([...broken, ...unbroken].map(({ isWhole }) => isWhole)).toEqual([true, true, true, true]);
      expect(mostGrownOf(broken)).toBeLessThan(60 * MiB);
    },
    120_000,
  );
});
