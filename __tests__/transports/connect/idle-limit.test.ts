import { Duplex } from 'node:stream';
import { heedKeepAlive, heldFor } from '../../../src/transports/connect/idle-limit.ts';

const connection = () => new Duplex();

describe('how long a connection may be idle', () => {
  test.each([
    ['timeout=5', 4_000],
    ['timeout=5, max=100', 4_000],
    ['max=100, TIMEOUT=75', 74_000],
    ['timeout=1', 0],
    ['timeout=0', -1_000],
    ['timeout=999999999', 600_000],
  ])('is a second less than %j says, and ten minutes at most: %i ms', (value, expected) => {
    const socket = connection();
    heedKeepAlive(socket, ['Date', 'today', 'KEEP-Alive', value]);
    expect(heldFor(socket)).toBe(expected);
  });

  test.each([[[]], [['Keep-Alive', 'max=5']], [['Keep-Alive', 'xtimeout=5']], [['X-Keep-Alive', 'timeout=5']]])(
    'is not known from %j',
    (headers) => {
      const socket = connection();
      heedKeepAlive(socket, headers);
      expect(heldFor(socket)).toBeUndefined();
    },
  );

  test('is what the endpoint said last', () => {
    const socket = connection();
    for (const value of ['timeout=5', 'timeout=9']) heedKeepAlive(socket, ['Keep-Alive', value]);
    heedKeepAlive(socket, []);
    expect(heldFor(socket)).toBe(8_000);
  });
});
