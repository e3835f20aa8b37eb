import { maxWindowBytes, receiveWindow } from '../../../../src/transports/http2/connections/receive-window.ts';

const mebibyte = 1_048_576;

describe('receiveWindow', () => {
  test.each([
    [0, 4],
    [1, 4],
    [16, 4],
    [17, 2],
    [33, 1],
    [64, 1],
    [200, 0.25],
    [10_000, 0.125],
  ])('gives %d large responses %d MiB each', (large, expected) => {
    expect(receiveWindow(large, maxWindowBytes)).toBe(expected * mebibyte);
  });

  test('grows again only when there is room by far', () => {
    expect(receiveWindow(60, 0.5 * mebibyte)).toBe(0.5 * mebibyte);
    expect(receiveWindow(30, 0.5 * mebibyte)).toBe(2 * mebibyte);
    expect(receiveWindow(3, 2 * mebibyte)).toBe(4 * mebibyte);
  });
});
