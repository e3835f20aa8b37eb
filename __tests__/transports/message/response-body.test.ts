import { Readable } from 'node:stream';
import { announcedBytesOf } from '../../../src/transports/message/response-body.ts';

describe('announcedBytesOf', () => {
  test.each<[string, number, string[], number | undefined]>([
    ['GET', 200, ['Content-Length', '5'], 5],
    ['GET', 200, [], undefined],
    ['GET', 200, ['Content-Length', '5', 'Content-Length', '5'], undefined],
    ['HEAD', 200, ['Content-Length', '5'], 0],
    ['GET', 204, [], 0],
    ['GET', 304, ['Content-Length', '5'], 0],
  ])('of the response to %s with status %d and %j is %s', (method, status, headers, length) => {
    const response = { status, statusText: '', headers, body: Readable.from([]), trailers: () => [] };
    expect(announcedBytesOf(response, method)).toBe(length);
  });
});
