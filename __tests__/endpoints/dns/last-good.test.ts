import { jest } from '@jest/globals';
import { LastGood } from '../../../src/endpoints/dns/last-good.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

interface Try {
  readonly known: string | undefined;
  resolve(answer: string): void;
  reject(error: Error): void;
}

/** An answer that the test gives, or fails to. */
function start({ refreshMs = 1_000 } = {}) {
  const tries: Try[] = [];
  const lastGood = new LastGood<string>({
    refreshMs,
    ask: (known) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      tries.push({ known, resolve, reject });
      return promise;
    },
  });
  return {
    tries,
    get: () => lastGood.get(),
    lastGood,
    /** Gets an answer to the latest try. */
    answer: async (answer: string) => {
      tries.at(-1)?.resolve(answer);
      await settled();
    },
    fail: async () => {
      tries.at(-1)?.reject(new Error('no DNS'));
      await settled();
    },
  };
}

/** One that has its first answer. */
async function startKnown(settings?: { readonly refreshMs: number }) {
  const started = start(settings);
  const first = started.get();
  await started.answer('first');
  await first;
  return started;
}

const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await undefined;
};
const pass = (ms: number) => void jest.advanceTimersByTime(ms);

describe('the first answer', () => {
  test('is waited for by all, and asked for once', async () => {
    const { get, answer, tries } = start();
    const waiting = [get(), get(), get()];
    await answer('first');
    expect(await Promise.all(waiting)).toEqual(['first', 'first', 'first']);
    expect(tries.map(({ known }) => known)).toEqual([undefined]);
  });

  test('that fails, fails for all who wait, and is asked for again by who comes next', async () => {
    const { get, answer, fail, tries } = start();
    const waiting = Promise.allSettled([get(), get()]);
    await fail();
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = get();
    expect(tries).toHaveLength(2);
    await answer('second');
    expect(await next).toBe('second');
  });
});

describe('an answer that is known', () => {
  test('is given at once, and nothing is asked, while it is fresh', async () => {
    const { get, tries } = await startKnown();
    pass(999);
    expect(get()).toBe('first');
    expect(tries).toHaveLength(1);
  });

  test('is given at once when it is stale, while one new answer is asked for', async () => {
    const { get, answer, tries } = await startKnown();
    pass(1_000);
    expect([get(), get(), get()]).toEqual(['first', 'first', 'first']);
    expect(tries.map(({ known }) => known)).toEqual([undefined, 'first']);
    await answer('second');
    expect(get()).toBe('second');
    pass(999);
    expect(get()).toBe('second');
    expect(tries).toHaveLength(2);
  });

  test('is not good enough when it is twice as old', async () => {
    const { get, answer } = await startKnown();
    pass(2_000);
    const waiting = [get(), get()];
    expect(waiting.every((each) => each instanceof Promise)).toBe(true);
    await answer('second');
    expect(await Promise.all(waiting)).toEqual(['second', 'second']);
  });

  test('is given at once to who comes without a pause while a new one takes its time', async () => {
    const { get, tries } = await startKnown();
    pass(1_000);
    expect(get()).toBe('first');
    pass(1_500);
    expect(get()).toBe('first');
    expect(tries).toHaveLength(2);
  });

  test('is given to who has waited 200 ms for a new one, and at once to who comes then', async () => {
    const { get, answer } = await startKnown();
    pass(2_000);
    const waiting = [get()];
    pass(199);
    waiting.push(get());
    const isLate = jest.fn();
    void Promise.all(waiting).then(isLate);
    await settled();
    expect(isLate).not.toHaveBeenCalled();
    pass(1);
    expect(await Promise.all(waiting)).toEqual(['first', 'first']);
    expect(get()).toBe('first');
    await answer('second');
    expect(get()).toBe('second');
  });

  test('leaves no timer behind when the new one came in time', async () => {
    const { get, answer } = await startKnown();
    pass(2_000);
    void get();
    await answer('second');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is given to who has waited for a new one that fails', async () => {
    const { get, fail } = await startKnown();
    pass(2_000);
    const waiting = get();
    await fail();
    expect(await waiting).toBe('first');
  });

  test('is given at once, however old, when the last try has failed', async () => {
    const { get, fail, tries } = await startKnown();
    pass(1_000);
    void get();
    await fail();
    pass(3_600_000);
    expect(get()).toBe('first');
    expect(tries).toHaveLength(3);
    // Nor does it matter that another try is under way.
    expect(get()).toBe('first');
    expect(tries).toHaveLength(3);
  });

  test('is waited for again when a try has been good since', async () => {
    const { get, fail, answer } = await startKnown();
    pass(1_000);
    void get();
    await fail();
    pass(1_000);
    void get();
    await answer('second');
    pass(2_000);
    expect(get()).toBeInstanceOf(Promise);
  });

  test.each([
    { refreshMs: 1_000, retryMs: 1_000 },
    { refreshMs: 30_000, retryMs: 5_000 },
  ])('of $refreshMs ms is asked for again $retryMs ms after a try that failed', async ({ refreshMs, retryMs }) => {
    const { get, fail, tries } = await startKnown({ refreshMs });
    pass(refreshMs);
    void get();
    pass(700);
    await fail();
    pass(retryMs - 1);
    expect(get()).toBe('first');
    expect(tries).toHaveLength(2);
    pass(1);
    expect(get()).toBe('first');
    expect(tries).toHaveLength(3);
  });

  test('is kept for good when it never gets stale', async () => {
    const { get, tries } = await startKnown({ refreshMs: Infinity });
    pass(1e9);
    expect(get()).toBe('first');
    expect(tries).toHaveLength(1);
  });
});

describe('keepFresh', () => {
  test('asks in the background while no answer is known, and not soon after a try that failed', async () => {
    const { lastGood, tries, fail, answer, get } = start({ refreshMs: 1_000 });
    expect(lastGood.keepFresh()).toBeUndefined();
    expect(lastGood.keepFresh()).toBeUndefined();
    expect(tries).toHaveLength(1);
    await fail();
    pass(999);
    lastGood.keepFresh();
    expect(tries).toHaveLength(1);
    pass(1);
    lastGood.keepFresh();
    expect(tries).toHaveLength(2);
    await answer('first');
    expect(get()).toBe('first');
  });

  test('gives something to wait for only where the known answer is too old', async () => {
    const { lastGood, answer } = await startKnown();
    pass(1_000);
    expect(lastGood.keepFresh()).toBeUndefined();
    await answer('second');
    pass(2_000);
    const renewed = lastGood.keepFresh();
    await answer('third');
    expect(await renewed).toBe('third');
  });
});

describe('an answer that is taken over', () => {
  test('is given, and asked for anew at once', async () => {
    const { lastGood, get, fail, tries } = start();
    lastGood.takeOver('before');
    expect(lastGood.isFresh).toBe(false);
    const waiting = get();
    expect(tries.map(({ known }) => known)).toEqual(['before']);
    await fail();
    expect(await waiting).toBe('before');
  });

  test('does not take the place of one that is known', async () => {
    const { lastGood, get } = await startKnown();
    lastGood.takeOver('before');
    expect(get()).toBe('first');
    expect(lastGood.isFresh).toBe(true);
  });
});
