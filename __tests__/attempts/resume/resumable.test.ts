import { Readable } from 'node:stream';
import { type ResumeMode, resumable } from '../../../src/attempts/resume/resumable.ts';
import type { UpstreamResponse } from '../../../src/transports/message/transport.ts';

const answered = (status: number, headers: readonly string[]): UpstreamResponse => ({
  status,
  statusText: '',
  headers,
  body: Readable.from([]),
  trailers: () => [],
});
const get = { method: 'GET', headers: [], body: undefined };
const named = ['ETag', '"a"', 'Content-Length', '100'];
const part = ['ETag', '"a"', 'Content-Range', 'bytes 10-19/100'];

describe('by range', () => {
  test.each<[string, number, readonly string[], readonly number[] | undefined]>([
    ['all of it', 200, named, [0, 99, 100]],
    ['a part', 206, part, [10, 19, 100]],
    ['a part of the right length', 206, [...part, 'Content-Length', '10'], [10, 19, 100]],
    ['a part of a wrong length', 206, [...part, 'Content-Length', '11'], undefined],
    ['several parts', 206, ['ETag', '"a"', 'Content-Type', 'multipart/byteranges; boundary=x'], undefined],
    ['a part of nobody knows how much', 206, ['ETag', '"a"', 'Content-Range', 'bytes 10-19/*'], undefined],
    ['nothing', 200, ['ETag', '"a"', 'Content-Length', '0'], undefined],
    ['two lengths', 200, [...named, 'Content-Length', '100'], undefined],
    ['no length', 200, ['ETag', '"a"'], undefined],
    ['no ETag', 200, ['Content-Length', '100'], undefined],
    ['a weak ETag', 200, ['ETag', 'W/"a"', 'Content-Length', '100'], undefined],
    ['no ranges', 200, [...named, 'Accept-Ranges', 'none'], undefined],
    ['events', 200, [...named, 'Content-Type', 'text/event-stream'], undefined],
    ['what must not be buffered', 200, [...named, 'X-Accel-Buffering', 'no'], undefined],
    ['another status', 203, named, undefined],
    ['an error', 404, named, undefined],
  ])('%s', (_, status, headers, bytes) => {
    const [firstByte, lastByte, completeBytes] = bytes ?? [];
    const response = resumable(answered(status, headers), get, 'range');
    expect(response?.named).toEqual(bytes && { etag: '"a"', range: { firstByte, lastByte, completeBytes } });
    expect(response === undefined).toBe(bytes === undefined);
  });
});

describe('by replay', () => {
  test.each<[string, number, readonly string[], boolean]>([
    ['no length', 200, [], true],
    ['a weak ETag', 200, ['ETag', 'W/"a"'], true],
    ['a part', 206, ['Content-Range', 'bytes 10-19/100'], true],
    ['a part of nobody knows how much', 206, ['Content-Range', 'bytes 10-19/*'], false],
    ['events', 200, ['Content-Type', 'text/event-stream'], false],
    ['another status', 404, [], false],
  ])('%s: %j %j %j', (_, status, headers, mayReplay) => {
    const response = resumable(answered(status, headers), get, 'replay');
    expect(response?.mayReplay ?? false).toBe(mayReplay);
    expect(response?.named).toBeUndefined();
  });
});

test.each<[string, Parameters<typeof resumable>[1], ResumeMode]>([
  ['HEAD', { ...get, method: 'HEAD' }, 'replay'],
  ['POST', { ...get, method: 'POST' }, 'replay'],
  ['a streamed request body', { ...get, body: Readable.from([]) }, 'replay'],
  ['several ranges', { ...get, headers: ['Range', 'bytes=0-1,3-4'] }, 'replay'],
  ['`off`', get, 'off'],
])('nothing is resumed for %s', (_, request, mode) => {
  expect(resumable(answered(200, named), request, mode)).toBeUndefined();
});
