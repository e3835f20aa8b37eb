import { Restarts } from '../../../src/cli/cluster/restarts.ts';

const short = { wasReady: true, lastedMs: 100 };
const long = { wasReady: true, lastedMs: 10_000 };
const failed = { wasReady: false, lastedMs: 50 };

describe('restarts', () => {
  test('wait twice as long after each short life, and start at once after the first', () => {
    const restarts = new Restarts();
    const delays = Array.from({ length: 10 }, () => restarts.ended(short));
    expect(delays).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    expect(restarts.isHopeless).toBe(false);
  });

  test('start at once after a long life', () => {
    const restarts = new Restarts();
    for (let i = 0; i < 5; i++) restarts.ended(short);
    expect([restarts.ended(long), restarts.ended(short), restarts.ended(short)]).toEqual([0, 0, 100]);
  });

  test('are hopeless after five in a row that were never ready', () => {
    const restarts = new Restarts();
    for (let i = 0; i < 4; i++) restarts.ended(failed);
    expect(restarts.isHopeless).toBe(false);
    restarts.ended(short);
    for (let i = 0; i < 4; i++) restarts.ended(failed);
    expect(restarts.isHopeless).toBe(false);
    restarts.ended(failed);
    expect(restarts.isHopeless).toBe(true);
  });
});
