import { jest } from '@jest/globals';
import { turns } from './turns.ts';

/** Jest's clock, under which promises, streams and a server without a network go on as ever. */
export function useFakeTime(): void {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());
}

/** Lets time go by until no timer is left. */
export async function untilNoTimer(): Promise<void> {
  await turns(2);
  for (let count = 0; jest.getTimerCount() > 0 && count < 20_000; count++) {
    jest.advanceTimersToNextTimer();
    await turns(2);
  }
}
