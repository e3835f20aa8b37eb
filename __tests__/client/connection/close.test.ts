import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { reset, resetWhenFlushed } from '../../../src/client/connection/close.ts';

/** A connection that takes what is written to it only when it is told to. */
class SlowConnection extends Duplex {
  isReset = false;
  #written: Array<() => void> = [];

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    this.#written.push(done);
  }

  resetAndDestroy(): void {
    this.isReset = true;
    this.destroy();
  }

  /** Lets all go out that is written. */
  async flush(): Promise<void> {
    while (this.#written.length > 0) {
      for (const done of this.#written.splice(0)) done();
      await setImmediate();
    }
  }
}

describe('resetWhenFlushed', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('resets at once when nothing waits', () => {
    const connection = new SlowConnection();
    resetWhenFlushed(connection);
    expect(connection.isReset).toBe(true);
  });

  test('lets go out first what is written', async () => {
    const connection = new SlowConnection();
    connection.write('last');
    connection.write('words');
    resetWhenFlushed(connection);
    await setImmediate();
    expect(connection.isReset).toBe(false);
    await connection.flush();
    expect([connection.isReset, jest.getTimerCount()]).toEqual([true, 0]);
  });

  test('waits for that no longer than 30 s', async () => {
    const connection = new SlowConnection();
    connection.write('last words');
    resetWhenFlushed(connection);
    jest.advanceTimersByTime(29_999);
    expect(connection.isReset).toBe(false);
    jest.advanceTimersByTime(1);
    await setImmediate();
    expect([connection.isReset, jest.getTimerCount()]).toEqual([true, 0]);
  });

  test('leaves nothing behind when the connection closes meanwhile', async () => {
    const connection = new SlowConnection();
    connection.on('error', () => {}).write('last words');
    resetWhenFlushed(connection);
    connection.destroy();
    await setImmediate();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('reset', () => {
  test('closes what knows no reset', () => {
    const connection = new Duplex({ read: () => {} });
    reset(connection);
    expect(connection.destroyed).toBe(true);
  });
});
