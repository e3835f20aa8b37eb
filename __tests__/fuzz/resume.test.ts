import http from 'node:http';
import fc from 'fast-check';
import { contentOf, endOf, type MirrorSettings, serveMirrors } from '../e2e/mirror.ts';
import { Resources } from '../helpers/proxy.ts';
import { bounded, seedTitle } from './seed.ts';

const minBytes = 66_000;
const maxBytes = 150_000;

/** A response as far as the client got it. */
interface Got {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly isWhole: boolean;
}

function get(url: string, headers: http.OutgoingHttpHeaders): Promise<Got> {
  return new Promise((resolve, reject) => {
    const client = http.get(url, { agent: false, headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('error', () => {}).on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('close', () => {
        const { statusCode: status = 0, headers: received, complete } = res;
        resolve({ status, headers: received, body: Buffer.concat(chunks), isWhole: complete });
      });
    });
    client.on('error', reject);
  });
}

/** The lengths of two versions of the same. */
const lengths = fc
  .record({
    first: fc.integer({ min: minBytes, max: maxBytes }),
    second: fc.integer({ min: minBytes, max: maxBytes }),
    isEqual: fc.boolean(),
  })
  .map(({ first, second, isEqual }) => [first, isEqual ? first : second] as const);

/** Bytes after which one answer after the other breaks off. */
const breaks = fc.array(fc.oneof(fc.integer({ min: 0, max: maxBytes }), fc.constantFrom(0, 1, 65_536)), {
  maxLength: 3,
});

const mirror = fc.record({
  version: fc.constantFrom(0 as const, 1 as const),
  breaksAt: breaks,
  how: fc.constantFrom('fin' as const, 'rst' as const),
  hasRanges: fc.boolean(),
  heedsCondition: fc.boolean(),
  isChunked: fc.boolean(),
  isDated: fc.boolean(),
});

const range = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: 0, max: 500 }).map((first) => `bytes=${first}-`),
  fc.integer({ min: minBytes - 500, max: minBytes }).map((last) => `bytes=-${last}`),
);

/** The part of a version that a response says it is. */
function partIn(version: Buffer, { headers }: Got): Buffer {
  const [, first = '0', last = ''] = /^bytes (\d+)-(\d+)/.exec(headers['content-range'] ?? '') ?? [];
  return last === '' ? version : version.subarray(Number(first), Number(last) + 1);
}

/** Each mode of resuming, and whether the mirrors have ETags: without them nothing tells versions apart but their bytes. */
const modes = [
  ['range', true],
  ['replay', true],
  ['replay', false],
] as const;

describe.each(modes)('under `%s`, with ETags: %j,', (resume, hasEtags) => {
  test(`no byte of another version is ever sent, and what looks whole is whole (${seedTitle})`, async () => {
    const property = fc.asyncProperty(
      lengths,
      fc.array(mirror, { minLength: 2, maxLength: 4 }),
      range,
      fc.constantFrom('race' as const, 'failover' as const),
      async ([first, second], mirrors, asked, strategy) => {
        const versions = [contentOf(first, 1), contentOf(second, 2)] as const;
        const settings = mirrors.map(({ version, isDated, ...rest }): MirrorSettings => {
          const date = isDated ? { 'Last-Modified': String(version) } : {};
          const etag = hasEtags ? { ETag: `"${version}"` } : {};
          return { ...rest, content: versions[version], headers: { ...etag, ...date } };
        });
        const resources = new Resources();
        const served = await serveMirrors(resources, settings, { resume, strategy, maxResumes: 100 });
        const got = await get(served.url, asked === undefined ? {} : { Range: asked }).catch(() => undefined);
        if (got) await endOf(served);
        await resources.closeAll();
        // Every mirror may break off at once.
        if (!got || got.status >= 400) return;
        const { etag } = got.headers;
        const may = etag === undefined ? versions : versions.filter((_, index) => etag === `"${index}"`);
        const isOf = (version: Buffer) => {
          const part = partIn(version, got);
          const isBeginning = part.subarray(0, got.body.length).equals(got.body);
          return isBeginning && (!got.isWhole || part.length === got.body.length);
        };
        expect(may.some(isOf)).toBe(true);
        const isWell = ({ version, breaksAt, hasRanges }: (typeof mirrors)[number]) =>
          breaksAt.length === 0 && hasRanges && etag === `"${version}"`;
        if (mirrors.some(isWell) && got.headers['content-length']) expect(got.isWhole).toBe(true);
      },
    );
    await fc.assert(property, bounded(400));
  });
});
