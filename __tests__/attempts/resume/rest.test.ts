import type { OutgoingRequest } from '../../../src/attempts/request/outgoing.ts';
import { type Rest, requestForRest, wayToRest } from '../../../src/attempts/resume/rest.ts';
import type { ResumableResponse } from '../../../src/attempts/resume/resumable.ts';

const mebibyte = 1_048_576;
const lastByte = 100 * mebibyte - 1;
const range = { firstByte: 0, lastByte, completeBytes: lastByte + 1 };
const named = { etag: '"a"', range };
const whole: ResumableResponse = { status: 200, headers: [], named, mayReplay: false };

const conditions = [
  'If-Match',
  '*',
  'if-none-match',
  '"b"',
  'If-Range',
  '"c"',
  'If-Modified-Since',
  'd',
  'If-Unmodified-Since',
  'e',
];
const outgoing: OutgoingRequest = {
  method: 'GET',
  url: '/',
  host: undefined,
  headers: ['Accept', 'x', ...conditions, 'range', 'bytes=10-19', 'Via', 'y'],
  body: undefined,
  isUpgrade: false,
};
const headersFor = (rest: Partial<Rest>) =>
  requestForRest(outgoing, { of: whole, atByte: 0, isByRange: true, digest: undefined, ...rest }).headers;

describe('the rest is asked for', () => {
  test.each<[string, ResumableResponse, number, 'by range' | 'as a whole' | undefined]>([
    ['named, none of it is there', whole, 0, 'by range'],
    ['named, the last byte is missing', whole, lastByte, 'by range'],
    ['named, all is there', whole, lastByte + 1, undefined],
    ['to be compared, little is there', { ...whole, mayReplay: true }, 8 * mebibyte, 'as a whole'],
    ['to be compared, much is there', { ...whole, mayReplay: true }, 8 * mebibyte + 1, 'by range'],
    ['to be compared, all is there', { ...whole, mayReplay: true }, lastByte + 1, 'as a whole'],
    ['not named', { ...whole, named: undefined, mayReplay: true }, 50 * mebibyte, 'as a whole'],
  ])('%s', (_, response, atByte, way) => {
    expect(wayToRest(response, atByte)).toEqual(way && { isByRange: way === 'by range' });
  });
});

describe('the request for it', () => {
  const rest = ['Accept', 'x', 'Via', 'y'];
  const part: ResumableResponse = {
    ...whole,
    status: 206,
    named: { etag: '"a"', range: { firstByte: 10, lastByte: 19, completeBytes: 100 } },
  };

  test.each<[string, Partial<Rest>, readonly string[]]>([
    ['names the bytes that are missing', { atByte: 7 }, [...rest, 'Range', `bytes=7-${lastByte}`, 'If-Range', '"a"']],
    [
      'names those of a part by their place in the whole',
      { of: part, atByte: 7 },
      [...rest, 'Range', 'bytes=17-19', 'If-Range', '"a"'],
    ],
    ['is that for the whole', { isByRange: false }, rest],
    ['is that for the same part', { of: part, isByRange: false }, ['Accept', 'x', 'range', 'bytes=10-19', 'Via', 'y']],
  ])('%s', (_, settings, headers) => {
    expect(headersFor(settings)).toEqual(headers);
  });
});
