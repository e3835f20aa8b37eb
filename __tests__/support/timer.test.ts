import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { callAfter, callAfterReading } from '../../src/support/timer.ts';

const dayMs = 24 * 3_600_000;

describe('callAfter', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test.each([1, 24, 30, 60])('calls after %d days, which may be more than a timer can keep', (days) => {
    const callback = jest.fn();
    callAfter(days * dayMs, callback);
    jest.advanceTimersByTime(days * dayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test.each([0, 40])('leaves no timer behind when it is stopped after %d days', (days) => {
    const cancel = callAfter(60 * dayMs, () => {});
    jest.advanceTimersByTime(days * dayMs);
    cancel();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('callAfterReading', () => {
  test('calls after what had come while the process stood still was read', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const reader = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [writer] = (await once(server, 'connection')) as [net.Socket];
    const seen: string[] = [];
    reader.on('data', () => seen.push('data')).on('end', () => seen.push('end'));
    const called = new Promise<void>((resolve) => callAfterReading(5, resolve)).then(() => seen.push('time'));
    writer.end('bytes');
    standStill(20);
    await called;
    server.close();
    expect(seen).toEqual(['data', 'end', 'time']);
  });

  test.each([0, 1, 2])('calls nobody when it is stopped %d turns before', (turns) => {
    jest.useFakeTimers();
    const callback = jest.fn();
    const stop = callAfterReading(10, callback);
    jest.advanceTimersToNextTimer(2 - turns);
    stop();
    jest.runAllTimers();
    jest.useRealTimers();
    expect(callback).not.toHaveBeenCalled();
  });
});

function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
