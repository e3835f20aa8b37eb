import { jest } from '@jest/globals';
import { Refusals } from '../../../../src/cli/serve/limits/refusals.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('refusals', () => {
  test('are told once a second at most, each kind with its number since then', () => {
    const told: string[] = [];
    const refusals = new Refusals<'a' | 'b'>((recent) => told.push(`${recent('a')} ${recent('b')}`));
    for (let i = 0; i < 100; i++) refusals.add('a');
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1_000);
    refusals.add('b');
    jest.advanceTimersByTime(999);
    expect(told).toEqual(['100 0']);
    jest.advanceTimersByTime(10_000);
    expect(told).toEqual(['100 0', '0 1']);
    expect([refusals.total('a'), refusals.total('b')]).toEqual([100, 1]);
  });
});
