import { Readable } from 'node:stream';
import { announcedLength, isSmall } from '../../../src/transports/message/response-body.ts';

describe('announcedLength', () => {
  test.each<[string, number, string[], number | undefined]>([
    ['GET', 200, ['Content-Length', '5'], 5],
    ['GET', 200, [], undefined],
    ['GET', 200, ['Content-Length', '5', 'Content-Length', '5'], undefined],
    ['HEAD', 200, ['Content-Length', '5'], 0],
    ['GET', 204, [], 0],
    ['GET', 304, ['Content-Length', '5'], 0],
  ])('of the response to %s with status %d and %j is %s', (method, status, headers, length) => {
    const response = { status, statusText: '', headers, body: Readable.from([]), trailers: () => [] };
    expect(announcedLength(response, method)).toBe(length);
  });
});

describe('isSmall', () => {
  test.each<[number | undefined, boolean]>([
    [0, true],
    [65_536, true],
    [65_537, false],
    [undefined, false],
  ])('of %s bytes is %s', (bytes, isIt) => {
    expect(isSmall(bytes)).toBe(isIt);
  });
});
