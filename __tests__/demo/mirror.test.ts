import { createHash } from 'node:crypto';
import { createMirror, type MirrorOptions } from '../../demo/stream/mirror.ts';
import { createMirrorFile } from '../../demo/stream/mirror-file.ts';
import { type Received, request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { listen, type TestServer } from '../helpers/servers.ts';

const file = createMirrorFile('file.bin', 1_000_000);
const never = { least: file.bytes.length, most: file.bytes.length };
const open: TestServer[] = [];

async function start(options: Partial<MirrorOptions> = {}): Promise<string> {
  const mirror = createMirror({ file, breaksWithin: never, breaksList: false, seed: 1, ...options });
  const server = await listen(mirror);
  open.push(server);
  return server.url;
}

const get = async (headers: Record<string, string>, path = '/file.bin'): Promise<Received> =>
  request(`${await start()}${path}`, { headers });

/** The body of a request for the file that is broken off; every character is one byte. */
async function bodyBroken(url: string): Promise<string> {
  const { text, isReset } = await sendRaw(url, head('GET /file.bin HTTP/1.1', 'Host: a', 'Connection: close'));
  expect(isReset).toBe(false);
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

describe('createMirrorFile', () => {
  test('makes the same bytes each time, with their hash', () => {
    expect(createMirrorFile('again', 1_000_000).bytes.equals(file.bytes)).toBe(true);
    expect(createHash('sha256').update(file.bytes).digest('hex')).toBe(file.sha256);
  });
});

describe('createMirror', () => {
  test('gives the whole file with its length and a strong ETag', async () => {
    const { status, headers, body } = await get({});
    expect({ status, length: headers['content-length'] }).toEqual({ status: 200, length: '1000000' });
    expect(headers.etag).toMatch(/^"[0-9a-f]{16}"$/);
    expect(headers['accept-ranges']).toBe('bytes');
    expect(body.equals(file.bytes)).toBe(true);
  });

  test.each([
    { range: 'bytes=0-99', start: 0, end: 99 },
    { range: 'bytes=999990-', start: 999_990, end: 999_999 },
    { range: 'bytes=999990-5000000', start: 999_990, end: 999_999 },
    { range: 'bytes=-10', start: 999_990, end: 999_999 },
    { range: 'bytes=-5000000', start: 0, end: 999_999 },
  ])('gives $range', async ({ range, start, end }) => {
    const { status, headers, body } = await get({ Range: range });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${start}-${end}/1000000`);
    expect(body.equals(file.bytes.subarray(start, end + 1))).toBe(true);
  });

  test.each(['bytes=1000000-', 'bytes=-0'])('answers 416 to %s', async (range) => {
    const { status, headers } = await get({ Range: range });
    expect({ status, range: headers['content-range'] }).toEqual({ status: 416, range: 'bytes */1000000' });
  });

  test.each([
    { what: 'no range that it knows', headers: { Range: 'bytes=0-1,3-4' } },
    { what: 'a range of another version', headers: { Range: 'bytes=0-1', 'If-Range': '"other"' } },
  ])('gives the whole file where there is $what', async ({ headers }) => {
    const { status, body } = await get(headers);
    expect({ status, length: body.length }).toEqual({ status: 200, length: 1_000_000 });
  });

  test('gives a range of this version', async () => {
    const { status, text } = await get({ Range: 'bytes=0-1', 'If-Range': file.etag });
    expect({ status, length: text.length }).toEqual({ status: 206, length: 2 });
  });

  test('gives a list that sha256sum reads, chunked', async () => {
    const { headers, text } = await get({}, '/SHA256SUMS');
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(text).toBe(`${file.sha256}  file.bin\n`);
  });

  test('breaks off the list if it is to', async () => {
    await expect(request(`${await start({ breaksList: true })}/SHA256SUMS`)).rejects.toThrow();
  });

  test('breaks off the file at places that the seed repeats, after as many bytes as is said', async () => {
    const breaksWithin = { least: 100_000, most: 200_000 };
    const lengthsOf = async (url: string) => {
      const lengths: number[] = [];
      for (let i = 0; i < 5; i++) lengths.push((await bodyBroken(url)).length);
      return lengths;
    };
    const lengths = await lengthsOf(await start({ breaksWithin }));
    expect(await lengthsOf(await start({ breaksWithin }))).toEqual(lengths);
    expect(new Set(lengths).size).toBe(5);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(100_000);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(200_000);
  });

  test('gives right bytes before it breaks off', async () => {
    const broken = await bodyBroken(await start({ breaksWithin: { least: 123_456, most: 123_456 } }));
    expect(broken).toBe(file.bytes.toString('latin1', 0, 123_456));
  });

  test('has no body for HEAD', async () => {
    const { status, headers, body } = await request(`${await start()}/file.bin`, { method: 'HEAD' });
    expect({ status, length: headers['content-length'], body: body.length }).toEqual({
      ...{ status: 200, length: '1000000', body: 0 },
    });
  });

  test('says what there is', async () => {
    const { status, text } = await get({}, '/other');
    expect({ status, text }).toEqual({ status: 404, text: 'There are /file.bin and /SHA256SUMS.\n' });
  });
});
