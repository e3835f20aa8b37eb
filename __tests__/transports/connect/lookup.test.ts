import dns, { type LookupAddress, type LookupAllOptions } from 'node:dns';
import { jest } from '@jest/globals';
import { createLookup } from '../../../src/transports/connect/lookup.ts';

const one: LookupAddress[] = [{ address: '192.0.2.1', family: 4 }];
const two: LookupAddress[] = [
  { address: '2001:db8::2', family: 6 },
  { address: '192.0.2.2', family: 4 },
];

const failure = (code: string) => Object.assign(new Error(code), { code });

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A lookup over a system that answers when it is told to. */
function start(threads?: number) {
  const asked: string[] = [];
  const options: LookupAllOptions[] = [];
  const help = jest.fn<(hostname: string) => Promise<LookupAddress[]>>().mockResolvedValue([]);
  const pending = new Map<string, (error: Error | null, found: LookupAddress[]) => void>();
  const lookup = createLookup({
    ask: (hostname, asking, done) => {
      asked.push(hostname);
      options.push(asking);
      pending.set(hostname, done);
    },
    askWithoutThread: help,
    ...(threads !== undefined && { threads }),
  });
  const find = (hostname: string, more: object = { all: true }) => {
    const answer = jest.fn();
    lookup(hostname, more, answer);
    return answer;
  };
  const answer = (hostname: string, found: LookupAddress[] | Error) => {
    const done = pending.get(hostname);
    pending.delete(hostname);
    if (found instanceof Error) done?.(found, []);
    else done?.(null, found);
    jest.runAllTicks();
  };
  /** Makes a name known as one that answers, and lets its answer grow old. */
  const know = (hostname: string) => {
    find(hostname);
    answer(hostname, one);
    jest.advanceTimersByTime(70_000);
  };
  /** Makes a name known as one that does not. */
  const fallSilent = (hostname: string) => {
    find(hostname);
    jest.advanceTimersByTime(10_000);
    answer(hostname, failure('EAI_AGAIN'));
  };
  return { asked, help, options, find, answer, know, fallSilent };
}

describe('a lookup', () => {
  test.each([
    ['all addresses', { all: true }, [null, two]],
    ['the first address and its family', {}, [null, '2001:db8::2', 6]],
  ])('gives %s as `dns.lookup` does', (_, options, expected) => {
    const { find, answer } = start();
    const found = find('two.example', options);
    answer('two.example', two);
    expect(found.mock.calls).toEqual([expected]);
  });

  test('takes the one address that a stand-in for `dns.lookup` gives whatever it is asked', () => {
    const standIn = (_hostname: string, _options: object, done: (...found: [null, string, number]) => void) =>
      done(null, '127.0.0.1', 4);
    const replaced = jest.spyOn(dns, 'lookup').mockImplementation(standIn as never);
    const found = jest.fn();
    createLookup()('one.example', { all: true }, found);
    replaced.mockRestore();
    expect(found.mock.calls).toEqual([[null, [{ address: '127.0.0.1', family: 4 }]]]);
  });

  test('asks the system with the options that it was given, for all addresses', () => {
    const { options, find } = start();
    find('one.example', { family: 4, hints: 32, all: false });
    expect(options).toEqual([{ family: 4, hints: 32, all: true }]);
  });

  test('asks once for all who want the same name at the same time', () => {
    const { asked, find, answer } = start();
    const found = [find('one.example'), find('one.example'), find('one.example', {})];
    answer('one.example', one);
    expect(asked).toEqual(['one.example']);
    expect(found.map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
  });

  test('takes no answer for one family as that for another', () => {
    const { asked, find, answer } = start();
    find('one.example', { family: 4 });
    answer('one.example', one);
    find('one.example', { family: 6 });
    expect(asked).toHaveLength(2);
  });

  test('gives its answer again for five seconds, never within the call', () => {
    const { asked, find, answer } = start();
    find('one.example');
    answer('one.example', one);
    jest.advanceTimersByTime(4_900);
    const found = find('one.example');
    expect(found).not.toHaveBeenCalled();
    jest.runAllTicks();
    expect(found).toHaveBeenCalledWith(null, one);
    expect(asked).toHaveLength(1);
  });

  test('gives an older answer while it asks again, and then the new one', () => {
    const { asked, find, answer } = start();
    find('one.example');
    answer('one.example', one);
    jest.advanceTimersByTime(6_000);
    const before = find('one.example');
    jest.runAllTicks();
    answer('one.example', two);
    const after = find('one.example');
    jest.runAllTicks();
    expect([before.mock.calls, after.mock.calls]).toEqual([[[null, one]], [[null, two]]]);
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['goes on with what is known when DNS does not answer', 'EAI_AGAIN', 59_000, true],
    ['goes on with what is known when there is no file descriptor to look with', 'EMFILE', 59_000, true],
    ['has forgotten it after a minute', 'EAI_AGAIN', 61_000, false],
    ['has forgotten it when there is no such name any more', 'ENOTFOUND', 7_000, false],
  ])('%s', (_, code, atMs, isKnown) => {
    const { find, answer } = start();
    find('one.example');
    answer('one.example', one);
    jest.advanceTimersByTime(6_000);
    find('one.example');
    answer('one.example', failure(code));
    jest.advanceTimersByTime(atMs - 6_000);
    const found = find('one.example');
    jest.runAllTicks();
    expect(found).toHaveBeenCalledTimes(isKnown ? 1 : 0);
  });

  test('gives a failure to all who wait, and asks again for the next one', () => {
    const { asked, find, answer } = start();
    const found = [find('one.example'), find('one.example')];
    const error = failure('ENOTFOUND');
    answer('one.example', error);
    for (const each of found) expect(each).toHaveBeenCalledWith(error, []);
    find('one.example');
    expect(asked).toHaveLength(2);
  });

  test('fails as the system does when that refuses the question', () => {
    const error = new TypeError('no such family');
    const lookup = createLookup({
      ask: () => {
        throw error;
      },
    });
    const found = jest.fn();
    lookup('one.example', { all: true }, found);
    expect(found).not.toHaveBeenCalled();
    jest.runAllTicks();
    expect(found).toHaveBeenCalledWith(error, []);
  });

  test('forgets the names that were asked for first when there are too many', () => {
    const { asked, find, answer } = start();
    for (let i = 0; i < 1_001; i++) {
      find(`${i}.example`);
      answer(`${i}.example`, one);
    }
    find('0.example');
    find('1000.example');
    expect(asked.slice(-2)).toEqual(['1000.example', '0.example']);
  });
});

describe('a name that finds no thread free', () => {
  test('is answered without one after a moment, and by the system when there is one', async () => {
    const { asked, help, find, answer } = start(1);
    find('silent');
    const found = find('good');
    help.mockResolvedValueOnce(one);
    await jest.advanceTimersByTimeAsync(249);
    expect(help).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect([help.mock.calls, found.mock.calls]).toEqual([[['good']], [[null, one]]]);
    answer('silent', failure('EAI_AGAIN'));
    answer('good', two);
    const again = find('good');
    jest.runAllTicks();
    expect([asked, again.mock.calls]).toEqual([['silent', 'good'], [[null, two]]]);
  });

  test.each([
    ['nothing is known', () => Promise.resolve([])],
    ['that fails', () => Promise.reject(new Error('no DNS'))],
  ])('waits for one when %s without', async (_, outcome) => {
    const { help, find, answer } = start(1);
    find('silent');
    const found = find('good');
    help.mockImplementationOnce(outcome);
    await jest.advanceTimersByTimeAsync(250);
    expect(found).not.toHaveBeenCalled();
    answer('silent', one);
    answer('good', two);
    expect(found.mock.calls).toEqual([[null, two]]);
  });

  test('is asked for once at a time, and again for who comes later', async () => {
    const { help, find } = start(1);
    find('silent');
    find('good');
    find('good');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(help).toHaveBeenCalledTimes(1);
    find('good');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(help).toHaveBeenCalledTimes(2);
  });

  test.each([
    ['a thread is free in time', {}],
    ['addresses of one family are wanted', { family: 6 }],
  ])('is asked for in no other way when %s', async (_, options) => {
    const { help, find, answer } = start(1);
    find('quick');
    find('good', options);
    if (!('family' in options)) answer('quick', one);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(help).not.toHaveBeenCalled();
  });
});

describe('with more names than threads', () => {
  test('a lookup waits for a thread', () => {
    const { asked, find, answer } = start(2);
    for (const name of ['a', 'b', 'c', 'd']) find(name);
    expect(asked).toEqual(['a', 'b']);
    answer('b', one);
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  test('names that answered before go first', () => {
    const { asked, find, answer, know } = start(1);
    know('good');
    for (const name of ['a', 'b', 'good']) find(name);
    answer('a', one);
    expect(asked).toEqual(['good', 'a', 'good']);
  });

  test.each([
    ['failed for want of an answer', 10, failure('EAI_AGAIN')],
    ['was answered late', 1_000, one],
  ])('a name that %s leaves a thread to the others', (_, tookMs, outcome) => {
    const { asked, find, answer } = start(2);
    for (const name of ['silent-1', 'silent-2']) {
      find(name);
      jest.advanceTimersByTime(tookMs);
      answer(name, outcome);
    }
    jest.advanceTimersByTime(70_000);
    asked.length = 0;
    for (const name of ['silent-1', 'silent-2']) find(name);
    expect(asked).toEqual(['silent-1']);
    const found = find('good');
    answer('good', one);
    expect(found).toHaveBeenCalledWith(null, one);
    expect(asked).toEqual(['silent-1', 'good']);
    answer('silent-1', failure('EAI_AGAIN'));
    expect(asked).toEqual(['silent-1', 'good', 'silent-2']);
  });

  test('a name that answers again is as good as any', () => {
    const { asked, find, fallSilent, know } = start(2);
    fallSilent('silent');
    fallSilent('better');
    know('better');
    asked.length = 0;
    for (const name of ['silent', 'better']) find(name);
    expect(asked).toEqual(['silent', 'better']);
  });

  test('a name that does not answer is asked all the same when there is one thread only', () => {
    const { asked, find, fallSilent } = start(1);
    fallSilent('silent');
    find('silent');
    expect(asked).toEqual(['silent', 'silent']);
  });

  test.each([
    [undefined, 2],
    ['1', 1],
    ['2', 1],
    ['16', 8],
    ['many', 1],
    ['5000', 512],
  ])('as many are asked at once as libuv runs, with UV_THREADPOOL_SIZE=%s: %i', (size, threads) => {
    const before = process.env.UV_THREADPOOL_SIZE;
    if (size === undefined) delete process.env.UV_THREADPOOL_SIZE;
    else process.env.UV_THREADPOOL_SIZE = size;
    const { asked, find } = start();
    if (before === undefined) delete process.env.UV_THREADPOOL_SIZE;
    else process.env.UV_THREADPOOL_SIZE = before;
    for (let i = 0; i < 600; i++) find(`${i}.example`);
    expect(asked).toHaveLength(threads);
  });
});
