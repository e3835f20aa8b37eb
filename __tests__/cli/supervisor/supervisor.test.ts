import { jest } from '@jest/globals';
import { Supervisor } from '../../../src/cli/supervisor/supervisor.ts';
import { useFakeTime } from '../../helpers/fake-time.ts';

useFakeTime();

/** A supervisor, and what it has been told so far. */
function supervisor({ isWanted = true, watchdogMs = 0 } = {}) {
  const told: string[] = [];
  const messages = {
    isBusy: false,
    send: (assignments: readonly string[]) => void told.push(assignments.join(' ')),
    close: async () => void told.push('closed'),
  };
  return { told, messages, supervisor: new Supervisor({ isWanted, watchdogMs }, messages) };
}

const serving = { status: 'serving on "a"', isAnswering: () => true };

describe('a supervisor', () => {
  test('is told of the start, of each reload and of the stop', async () => {
    const { told, supervisor: one } = supervisor();
    one.begin(serving);
    const clockUs = process.hrtime.bigint() / 1_000n;
    await one.telling(async () => void told.push('at work'))();
    one.stop(30_000);
    await one.close();
    const reloading = told[1] ?? '';
    expect(BigInt(/MONOTONIC_USEC=(\d+) /.exec(reloading)?.[1] ?? 0)).toBeGreaterThanOrEqual(clockUs);
    expect(told).toEqual([
      'READY=1 STATUS=serving on "a"',
      expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+ STATUS=reloading$/),
      'at work',
      'READY=1 STATUS=serving on "a"',
      'STOPPING=1 EXTEND_TIMEOUT_USEC=35000000 STATUS=finishing the requests in flight',
      'closed',
    ]);
  });

  test('is not told that all is well again by a reload that the stop has overtaken', async () => {
    const { told, supervisor: one } = supervisor();
    const held = Promise.withResolvers<void>();
    one.begin(serving);
    const reloaded = one.telling(() => held.promise)();
    one.stop(0);
    held.resolve();
    await reloaded;
    expect(told.at(-1)).toBe('STOPPING=1 STATUS=finishing the requests in flight');
  });

  test('gets a sign of life twice in the time that it gives, from the start to the very end', async () => {
    const { told, supervisor: one } = supervisor({ watchdogMs: 10_000 });
    const signs = () => told.filter((message) => message === 'WATCHDOG=1').length;
    jest.advanceTimersByTime(60_000);
    expect(signs()).toBe(0);
    one.begin(serving);
    jest.advanceTimersByTime(20_000);
    expect(signs()).toBe(4);
    one.stop(0);
    jest.advanceTimersByTime(20_000);
    expect(signs()).toBe(8);
    await one.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('gets none while nobody answers, until the stop, in which nobody has to', () => {
    const { told, supervisor: one } = supervisor({ watchdogMs: 10_000 });
    let isAnswering = false;
    one.begin({ ...serving, isAnswering: () => isAnswering });
    jest.advanceTimersByTime(20_000);
    expect(told).toHaveLength(1);
    isAnswering = true;
    jest.advanceTimersByTime(5_000);
    expect(told.at(-1)).toBe('WATCHDOG=1');
    isAnswering = false;
    one.stop(0);
    jest.advanceTimersByTime(5_000);
    expect(told.slice(-2)).toEqual([expect.stringContaining('STOPPING=1'), 'WATCHDOG=1']);
  });

  test('gets none on top of messages that are still on their way', () => {
    const { told, messages, supervisor: one } = supervisor({ watchdogMs: 10_000 });
    one.begin(serving);
    messages.isBusy = true;
    jest.advanceTimersByTime(60_000);
    expect(told).toHaveLength(1);
  });

  test('is told nothing where there is none', async () => {
    const { told, supervisor: one } = supervisor({ isWanted: false });
    one.begin(serving);
    await one.telling(async () => {})();
    one.stop(0);
    expect([told, jest.getTimerCount()]).toEqual([[], 0]);
  });
});
