import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { BodyBeginning } from '../../src/attempts/response/beginning.ts';
import { turns } from '../helpers/turns.ts';
import { bounded, seedTitle } from './seed.ts';

/** A stream of these chunks, each of them so many turns after the one before; 0 is at once. */
function streamOf(chunks: ReadonlyArray<{ readonly bytes: Buffer; readonly after: number }>): Readable {
  const stream = new Readable({ read() {} });
  void (async () => {
    for (const { bytes, after } of chunks) {
      if (after > 0) await turns(after);
      stream.push(bytes);
    }
    stream.push(null);
  })();
  return stream;
}

const chunk = fc.record({
  bytes: fc.uint8Array({ minLength: 1, maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
  after: fc.integer({ min: 0, max: 2 }),
});

const readings = fc.record({
  chunks: fc.array(chunk, { maxLength: 8 }),
  maxBytes: fc.integer({ min: 0, max: 20 }),
  /** How many bytes are waited for, and how many turns nobody waits then. */
  looks: fc.array(fc.record({ bytes: fc.integer({ min: 0, max: 30 }), turns: fc.integer({ min: 0, max: 3 }) }), {
    maxLength: 4,
  }),
});

describe(`the beginning of a body (${seedTitle})`, () => {
  test('is given on with every byte, however it comes and is looked at', async () => {
    const property = fc.asyncProperty(readings, async ({ chunks, maxBytes, looks }) => {
      const all = Buffer.concat(chunks.map(({ bytes }) => bytes));
      const response = { status: 200, statusText: '', headers: [], body: streamOf(chunks), trailers: () => [] };
      const beginning = new BodyBeginning(response, { maxBytes, idleMs: Infinity, announcedBytes: undefined });
      for (const look of looks) {
        await beginning.until(() => beginning.bytes >= look.bytes);
        expect(beginning.received().equals(all.subarray(0, beginning.bytes))).toBe(true);
        expect(beginning.bytes).toBeLessThan(Math.max(maxBytes, 1) + 5);
        await turns(look.turns);
      }
      const { isWhole } = beginning;
      const content = beginning.finish();
      expect(content instanceof Readable).toBe(!isWhole);
      const sent = content instanceof Readable ? await buffer(content) : content;
      expect(sent.equals(all)).toBe(true);
    });
    await fc.assert(property, bounded(3_000));
  });
});
