import { Readable } from 'node:stream';
import { isPartAsked, mismatchOf } from '../../../src/attempts/resume/mismatch.ts';
import type { Rest } from '../../../src/attempts/resume/rest.ts';
import type { UpstreamResponse } from '../../../src/transports/message/transport.ts';

const answered = (status: number, headers: readonly string[], endsWithHead = false): UpstreamResponse => ({
  status,
  statusText: '',
  headers,
  body: Readable.from([]),
  endsWithHead,
  trailers: () => [],
});
const named = { etag: '"a"', range: { firstByte: 0, lastByte: 99, completeBytes: 100 } };
const byRange: Rest = {
  of: {
    status: 200,
    headers: ['ETag', '"a"', 'Content-Length', '100', 'Content-Encoding', 'gzip'],
    named,
    mayReplay: false,
  },
  atByte: 40,
  isByRange: true,
  digest: undefined,
};
const whole: Rest = {
  of: {
    status: 200,
    headers: ['ETag', 'W/"a"', 'Content-Type', 'text/html; charset=utf-8'],
    named: undefined,
    mayReplay: true,
  },
  atByte: 40,
  isByRange: false,
  digest: undefined,
};
const good = ['ETag', '"a"', 'Content-Encoding', 'gzip', 'Content-Range', 'bytes 40-99/100'];
const otherRange = 'its Content-Range is not the one that was asked for';

describe('a part', () => {
  const withRange = (value: string) => [...good.slice(0, 4), 'Content-Range', value];

  test.each<[string, number, readonly string[], string | undefined]>([
    ['is the one', 206, good, undefined],
    ['has the right length', 206, [...good, 'Content-Length', '60'], undefined],
    ['has another length', 206, [...good, 'Content-Length', '61'], 'its Content-Length contradicts its Content-Range'],
    ['begins earlier', 206, withRange('bytes 39-99/100'), otherRange],
    ['begins later', 206, withRange('bytes 41-99/100'), otherRange],
    ['ends earlier', 206, withRange('bytes 40-98/100'), otherRange],
    ['is of more', 206, withRange('bytes 40-99/101'), otherRange],
    ['is of nobody knows how much', 206, withRange('bytes 40-99/*'), otherRange],
    ['is not told', 206, good.slice(0, 4), otherRange],
    ['is told twice', 206, [...good, 'Content-Range', 'bytes 40-99/100'], otherRange],
    ['has no ETag', 206, good.slice(2), 'its ETag is another one'],
    ['has a weak ETag', 206, ['ETag', 'W/"a"', ...good.slice(2)], 'its ETag is another one'],
    ['is not encoded', 206, ['ETag', '"a"', 'Content-Range', 'bytes 40-99/100'], 'its Content-Encoding is another one'],
    ['is all', 200, good, 'its status is 200 and not 206'],
    ['is none', 416, good, 'its status is 416 and not 206'],
  ])('%s', (_, status, headers, mismatch) => {
    expect(mismatchOf(answered(status, headers), byRange)).toBe(mismatch);
  });
});

describe('all once more', () => {
  test.each<[string, number, readonly string[], string | undefined]>([
    ['says nothing', 200, [], undefined],
    ['has the same ETag', 200, ['ETag', 'W/"a"'], undefined],
    ['has a stronger ETag', 200, ['ETag', '"a"'], 'its ETag is another one'],
    ['writes its type in another way', 200, ['Content-Type', 'Text/HTML;charset=UTF-8'], undefined],
    ['has another type', 200, ['Content-Type', 'application/json'], 'its Content-Type is another one'],
    ['has a length', 200, ['Content-Length', '40'], undefined],
    ['is too short', 200, ['Content-Length', '39'], 'its Content-Length is less than what the client has'],
    ['says that it is not encoded', 200, ['Content-Encoding', 'Identity'], undefined],
    ['is encoded', 200, ['Content-Encoding', 'br'], 'its Content-Encoding is another one'],
    ['is a part', 206, [], 'its status is 206 and not 200'],
    ['is an error', 500, [], 'its status is 500 and not 200'],
  ])('%s', (_, status, headers, mismatch) => {
    expect(mismatchOf(answered(status, headers), whole)).toBe(mismatch);
  });

  test('has to be the same part', () => {
    const headers = ['Content-Range', 'bytes 10-99/100'];
    const rest: Rest = { ...whole, of: { ...whole.of, status: 206, headers } };
    expect(mismatchOf(answered(206, headers), rest)).toBeUndefined();
    for (const other of ['bytes 10-98/100', 'bytes 10-99/*', 'bytes 10-99/101']) {
      expect(mismatchOf(answered(206, ['Content-Range', other]), rest)).toBe('its Content-Range is another one');
    }
  });

  test('may come where a range was asked for, if it is compared', () => {
    const compared: Rest = { ...byRange, of: { ...byRange.of, mayReplay: true } };
    const all = answered(200, ['ETag', '"a"', 'Content-Encoding', 'gzip']);
    expect([isPartAsked(all, compared), mismatchOf(all, compared)]).toEqual([false, undefined]);
    expect(isPartAsked(answered(206, good), compared)).toBe(true);
  });

  test('is not there when the response has ended with its head', () => {
    expect(mismatchOf(answered(200, [], true), whole)).toBe('its Content-Length is less than what the client has');
  });
});
