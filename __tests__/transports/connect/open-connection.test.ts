import type { LookupAddress } from 'node:dns';
import net, { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { type ConnectionSettings, Opening } from '../../../src/transports/connect/open-connection.ts';

const v4 = (...addresses: string[]): LookupAddress[] => addresses.map((address) => ({ address, family: 4 }));
const v6 = (...addresses: string[]): LookupAddress[] => addresses.map((address) => ({ address, family: 6 }));

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

/** An opening whose sockets connect and fail when they are told to. */
function start(found: LookupAddress[] | Error, more: Partial<ConnectionSettings> = {}) {
  const sockets = new Map<string, Socket>();
  const open = (address: string) => {
    const socket = new Socket();
    sockets.set(address, socket);
    return socket;
  };
  const done = jest.fn();
  const settings = { hostname: 'a.example', secure: false, connectMs: 3_000, open, createTimeout: () => late, ...more };
  const opening = new Opening(settings, done);
  const late = new Error('too late');
  let asked: string | undefined;
  opening.start((hostname, _, callback) => {
    asked = hostname;
    if (found instanceof Error) callback(found, []);
    else callback(null, found);
  });
  return {
    opening,
    done,
    late,
    asked,
    tried: () => [...sockets.keys()],
    left: () => [...sockets].filter(([, { destroyed }]) => !destroyed).map(([address]) => address),
    socket: (address: string) => sockets.get(address) as Socket,
    emit: (address: string, event: 'connect' | 'secureConnect') => sockets.get(address)?.emit(event),
    fail: (address: string) => {
      const error = new Error(`refused by ${address}`);
      sockets.get(address)?.emit('error', error);
      return error;
    },
  };
}

describe('a connection to a name', () => {
  test('is one to its address', () => {
    const { asked, tried, emit, socket, done } = start(v4('1.1.1.1'));
    expect([asked, tried()]).toEqual(['a.example', ['1.1.1.1']]);
    emit('1.1.1.1', 'connect');
    expect(done.mock.calls).toEqual([[null, socket('1.1.1.1')]]);
  });

  test.each(['192.0.2.1', '2001:db8::1', undefined])('is made without a lookup for %s', (hostname) => {
    const { asked, emit, done } = start(v4('1.1.1.1'), { hostname });
    emit(hostname ?? '', 'connect');
    expect([asked, done.mock.calls.length]).toEqual([undefined, 1]);
  });

  test('goes to the next address when one fails, at once', () => {
    const { tried, fail, emit, done, socket } = start(v4('1.1.1.1', '2.2.2.2'));
    fail('1.1.1.1');
    expect(tried()).toEqual(['1.1.1.1', '2.2.2.2']);
    emit('2.2.2.2', 'connect');
    expect(done.mock.calls).toEqual([[null, socket('2.2.2.2')]]);
  });

  test('goes to the next address, too, when one is not there after a moment, and gives up neither', () => {
    const { tried, left, emit, done, socket } = start(v4('1.1.1.1', '2.2.2.2', '3.3.3.3'));
    jest.advanceTimersByTime(net.getDefaultAutoSelectFamilyAttemptTimeout());
    expect(tried()).toEqual(['1.1.1.1', '2.2.2.2']);
    emit('1.1.1.1', 'connect');
    expect(done.mock.calls).toEqual([[null, socket('1.1.1.1')]]);
    expect(left()).toEqual(['1.1.1.1']);
  });

  test('has all of its time when it has an IPv4 address and the host no IPv6', () => {
    const { fail, emit, done, socket } = start([...v4('1.1.1.1'), ...v6('::2')]);
    jest.advanceTimersByTime(net.getDefaultAutoSelectFamilyAttemptTimeout());
    fail('::2');
    jest.advanceTimersByTime(3_000 - net.getDefaultAutoSelectFamilyAttemptTimeout() - 1);
    expect(done).not.toHaveBeenCalled();
    emit('1.1.1.1', 'connect');
    expect(done.mock.calls).toEqual([[null, socket('1.1.1.1')]]);
  });

  test.each([
    ['both', true, ['::1', '1.1.1.1', '::2', '2.2.2.2', '::3']],
    ['one, where Node is told to try no other', false, ['::1']],
  ])('tries %s of the families in turns, the first one of the answer first, no address twice', (_, isOn, expected) => {
    const before = net.getDefaultAutoSelectFamily();
    net.setDefaultAutoSelectFamily(isOn);
    const { tried, fail } = start([...v6('::1', '::2'), ...v4('1.1.1.1', '1.1.1.1', '2.2.2.2'), ...v6('::3')]);
    net.setDefaultAutoSelectFamily(before);
    for (const address of ['::1', '1.1.1.1', '::2', '2.2.2.2', '::3']) fail(address);
    expect(tried()).toEqual(expected);
  });

  test('fails with what went wrong at the first address when all fail', () => {
    const { fail, done } = start(v4('1.1.1.1', '2.2.2.2'));
    const error = fail('1.1.1.1');
    fail('2.2.2.2');
    expect(done.mock.calls).toEqual([[error, undefined]]);
  });

  test('fails with what `open` throws, as when TLS has a certificate that is none', async () => {
    const error = new Error('no start line');
    const open = jest.fn<() => Socket>().mockImplementation(() => {
      throw error;
    });
    const { done } = start([...v4('1.1.1.1'), ...v6('::1')], { open });
    await new Promise<void>((resolve) => done.mockImplementation(() => resolve()));
    expect(open.mock.calls).toEqual([['1.1.1.1'], ['::1']]);
    expect(done.mock.calls).toEqual([[error, undefined]]);
  });

  test('fails when it is not there in time, and leaves nothing', () => {
    const { late, left, done } = start(v4('1.1.1.1', '2.2.2.2'));
    jest.advanceTimersByTime(3_000);
    expect(done.mock.calls).toEqual([[late, undefined]]);
    expect(left()).toEqual([]);
  });

  test('fails as its lookup does', () => {
    const error = new Error('ENOTFOUND');
    expect(start(error).done.mock.calls).toEqual([[error, undefined]]);
  });

  test('fails when its lookup gives no address', () => {
    expect(start([]).done.mock.calls).toEqual([[new Error('no address for a.example'), undefined]]);
  });

  test('can be given up, and leaves nothing', () => {
    const { opening, left, done } = start(v4('1.1.1.1', '2.2.2.2'), { connectMs: Infinity });
    const reason = new Error('enough');
    opening.fail(reason);
    opening.fail(new Error('again'));
    expect(done.mock.calls).toEqual([[reason, undefined]]);
    expect(left()).toEqual([]);
  });

  test('can be given up while the name is looked up', () => {
    const done = jest.fn();
    const open = jest.fn<() => Socket>();
    const createTimeout = () => new Error();
    const opening = new Opening({ hostname: 'a.example', secure: false, connectMs: 3_000, open, createTimeout }, done);
    let answer: (error: null, found: LookupAddress[]) => void = () => {};
    opening.start((_name, _options, callback) => {
      answer = callback;
    });
    opening.fail(new Error('enough'));
    answer(null, v4('1.1.1.1'));
    expect([open.mock.calls.length, done.mock.calls.length]).toEqual([0, 1]);
  });

  test('bears an error that comes when it is there and nobody listens yet', () => {
    const { emit, fail, done } = start(v4('1.1.1.1'));
    emit('1.1.1.1', 'connect');
    fail('1.1.1.1');
    expect(done).toHaveBeenCalledTimes(1);
  });
});

describe('a connection that speaks TLS', () => {
  test('is there when the handshake is done, for which no other address is tried', () => {
    const { emit, tried, left, done, socket } = start(v4('1.1.1.1', '2.2.2.2', '3.3.3.3'), { secure: true });
    jest.advanceTimersByTime(net.getDefaultAutoSelectFamilyAttemptTimeout());
    emit('2.2.2.2', 'connect');
    jest.advanceTimersByTime(1_000);
    expect([tried(), left(), done.mock.calls]).toEqual([['1.1.1.1', '2.2.2.2'], ['2.2.2.2'], []]);
    emit('2.2.2.2', 'secureConnect');
    expect(done.mock.calls).toEqual([[null, socket('2.2.2.2')]]);
  });

  test('fails when the handshake does', () => {
    const { emit, fail, done } = start(v4('1.1.1.1', '2.2.2.2'), { secure: true });
    emit('1.1.1.1', 'connect');
    const error = fail('1.1.1.1');
    expect(done.mock.calls).toEqual([[error, undefined]]);
  });
});
