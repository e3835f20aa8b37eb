import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { readPast } from '../../../src/attempts/resume/read-past.ts';
import type { UpstreamResponse } from '../../../src/transports/message/transport.ts';
import { bounded, seedTitle } from '../../fuzz/seed.ts';

const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

function responseOf(body: Readable): UpstreamResponse {
  body.on('error', () => {});
  return { status: 200, statusText: '', headers: [], body, trailers: () => [] };
}

/** A body in chunks of these lengths, again and again. */
function chunked(bytes: Buffer, lengths: readonly number[]): Readable {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return Readable.from(chunks, { objectMode: false });
}

const read = (body: Readable, bytes: number, digest?: Buffer, announcedBytes?: number) =>
  readPast(responseOf(body), { bytes, announcedBytes, digest, idleMs: Infinity });

test(`all behind the beginning is still there, however it comes (${seedTitle})`, async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(60), lengths, async (array, at, each) => {
    const bytes = Buffer.from(array);
    const known = Math.min(at, bytes.length);
    const body = chunked(bytes, each);
    expect(await read(body, known, digestOf(bytes.subarray(0, known)))).toBe(true);
    if (!body.readableEnded) expect(body.isPaused()).toBe(true);
    expect(body.readableEnded ? Buffer.alloc(0) : await buffer(body)).toEqual(bytes.subarray(known));
  });
  await fc.assert(property, bounded(500));
});

test(`a beginning that differs in any byte is noticed (${seedTitle})`, async () => {
  const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), async (array, place) => {
    const bytes = Buffer.from(array);
    const other = Buffer.from(bytes);
    other[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ 1;
    expect(await read(chunked(Buffer.concat([other, bytes]), [7]), bytes.length, digestOf(bytes))).toBe(false);
  });
  await fc.assert(property, bounded(200));
});

test('a body that ends within the beginning is another one', async () => {
  expect(await read(Readable.from([Buffer.from('ab')]), 3, digestOf(Buffer.from('abc')))).toBe(false);
});

test.each([
  ['shorter than announced', 'ERR_BRP_CONNECTION_LOST', 4],
  ['longer than announced', 'ERR_BRP_BAD_RESPONSE', 2],
])('a body that is %s has failed', async (_, code, announcedBytes) => {
  const reading = read(Readable.from([Buffer.from('abc')]), 3, digestOf(Buffer.from('abc')), announcedBytes);
  await expect(reading).rejects.toMatchObject({ code });
});

test('a body that breaks off has failed', async () => {
  const body = new Readable({ read: () => {} });
  const reading = read(body, 3);
  body.push('ab');
  body.destroy(new Error('reset'));
  await expect(reading).rejects.toMatchObject({ code: 'ERR_BRP_CONNECTION_LOST' });
});

test('a body that is silent has failed, unless the endpoint still reads', async () => {
  const uploading = [true, true, false];
  const response = { ...responseOf(new Readable({ read: () => {} })), isUploading: () => uploading.shift() ?? false };
  const reading = readPast(response, { bytes: 3, announcedBytes: undefined, digest: undefined, idleMs: 1 });
  await expect(reading).rejects.toMatchObject({ code: 'ERR_BRP_IDLE_TIMEOUT' });
  expect(uploading).toEqual([]);
});
