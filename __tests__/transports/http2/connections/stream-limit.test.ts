import { StreamLimit } from '../../../../src/transports/http2/connections/stream-limit.ts';

describe('StreamLimit', () => {
  const after = (...seen: number[]) => {
    const limit = new StreamLimit();
    for (const one of seen) limit.closedAfter(one);
    return limit.streams;
  };

  test.each([
    ['nothing', [], Infinity],
    ['one connection, which may have been closed for any reason', [10], Infinity],
    ['two that were closed at the same number', [10, 10], 10],
    ['two that were closed at different ones', [10, 7], Infinity],
    ['several', [3, 10, 10, 8], 10],
    ['connections that look at nothing', [0, 0], Infinity],
  ])('knows what %s tell', (_, seen, streams) => {
    expect(after(...seen)).toBe(streams);
  });
});
