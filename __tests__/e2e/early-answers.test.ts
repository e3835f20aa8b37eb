import { randomBytes } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { type Received, request } from '../helpers/proxy.ts';
import { type Child, startChild } from '../soak/child.ts';

const resources = leakCheckedResources();

let endpoints: Child;
beforeAll(async () => {
  endpoints = await startChild('../e2e/early-endpoints-process.ts');
});
afterAll(() => endpoints.close());

const body = randomBytes(4_000_000);
const pieces = Array.from({ length: 62 }, (_, index) => body.subarray(index * 65_536, (index + 1) * 65_536));
const length = { 'Content-Length': body.length };

type LargeBody = 'stream' | 'reject';

const uploads: ReadonlyArray<[string, LargeBody, OutgoingHttpHeaders, Buffer | readonly Buffer[]]> = [
  ['a streamed upload with a length', 'stream', length, body],
  ['a streamed upload in chunks', 'stream', {}, pieces],
  ['a buffered upload', 'reject', length, body],
];

/** Uploads to an endpoint of that name, several times. */
async function upload(
  name: string,
  largeBody: LargeBody,
  headers: OutgoingHttpHeaders,
  sent: Buffer | readonly Buffer[],
) {
  const bodyLimitBytes = largeBody === 'stream' ? 100_000 : body.length;
  const url = (endpoints.hello as Record<string, string>)[name] ?? '';
  const tls = { rejectUnauthorized: false };
  const served = await resources.serve({ endpoints: [url], largeBody, bodyLimitBytes, tls });
  const received: Received[] = [];
  for (let i = 0; i < 6; i++) received.push(await request(served.url, { method: 'POST', headers, body: sent }));
  return received.map(({ status, text }) => `${status} ${text}`);
}

describe.each(['http', 'https'])('over %s, the early answer of an endpoint that', (scheme) => {
  describe.each([
    ['destroys', '413 nope'],
    ['destroys after chunks', '413 nope'],
    ['ends', '413 nope'],
    ['reads no further', '401 nope'],
    ['closes', '413 nope'],
    ['keeps', '401 nope'],
  ])('%s its connection', (name, answer) => {
    test.each(uploads)('reaches the client of %s', async (_, ...how) => {
      expect(await upload(`${scheme} ${name}`, ...how)).toEqual(Array(6).fill(answer));
    });
  });
});

// The close of the connection may arrive before the reset, and is the end of such an answer then.
test.each(uploads)('an early answer that a reset breaks off is not taken for a whole one: to %s', async (_, ...how) => {
  expect(await upload('http breaks off', ...how)).toContain('502 502 ERR_BRP_EXHAUSTED\n');
});
