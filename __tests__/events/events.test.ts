import diagnostics from 'node:diagnostics_channel';
import vm from 'node:vm';
import { jest } from '@jest/globals';
import type { ProxyEvent } from '../../src/events/events.ts';
import { Events } from '../../src/events/proxy-events.ts';

const event: ProxyEvent = {
  type: 'request-started',
  requestId: 1,
  method: 'GET',
  url: '/',
  traceparent: undefined,
  tracestate: undefined,
};
const channelOf = (type: ProxyEvent['type']) => diagnostics.channel(`balancing-reverse-proxy:${type}`);

describe('Events', () => {
  test('are given to every observer, in the order of subscription', () => {
    const events = new Events();
    const seen: Array<[string, ProxyEvent]> = [];
    events.subscribe((given) => seen.push(['first', given]));
    events.subscribe((given) => seen.push(['second', given]));
    events.emit(event);
    expect(seen).toEqual([
      ['first', event],
      ['second', event],
    ]);
  });

  test('are heard only while somebody is subscribed', () => {
    const events = new Events();
    expect(events.isHeard('hedge-denied')).toBe(false);
    const unsubscribe = events.subscribe(() => {});
    expect(events.isHeard('hedge-denied')).toBe(true);
    unsubscribe();
    expect(events.isHeard('hedge-denied')).toBe(false);
  });

  test('are given to those alone who want their type, and heard by nobody else', () => {
    const events = new Events();
    const seen: string[] = [];
    const unsubscribe = events.subscribe(({ type }) => void seen.push(type), ['request-started', 'request-ended']);
    expect([events.isHeard('request-started'), events.isHeard('hedge-denied')]).toEqual([true, false]);
    events.emit(event);
    events.emit({ ...event, type: 'hedge-denied' });
    expect(seen).toEqual(['request-started']);
    unsubscribe();
    expect(events.isHeard('request-started')).toBe(false);
  });

  test('are heard on a channel of their type, and on that alone, while it has subscribers', () => {
    const events = new Events();
    const onMessage = jest.fn();
    channelOf('request-started').subscribe(onMessage);
    expect([events.isHeard('request-started'), events.isHeard('hedge-denied')]).toEqual([true, false]);
    channelOf('request-started').unsubscribe(onMessage);
    expect(events.isHeard('request-started')).toBe(false);
  });

  test('are published on the channel of their type with the proxy that reports them', () => {
    const events = new Events();
    const proxy = () => {};
    events.reportAs(proxy);
    const onMessage = jest.fn();
    channelOf('request-started').subscribe(onMessage);
    events.emit(event);
    events.emit({ ...event, type: 'hedge-denied' });
    channelOf('request-started').unsubscribe(onMessage);
    events.emit(event);
    expect(onMessage.mock.calls).toEqual([[{ proxy, event }, 'balancing-reverse-proxy:request-started']]);
  });

  test('reach nobody who has unsubscribed', () => {
    const events = new Events();
    const observer = jest.fn();
    const unsubscribe = events.subscribe(observer);
    unsubscribe();
    unsubscribe();
    events.emit(event);
    expect(observer).not.toHaveBeenCalled();
  });

  test('reach an observer that is subscribed twice twice, and once after one unsubscribe', () => {
    const events = new Events();
    const observer = jest.fn();
    const unsubscribe = events.subscribe(observer);
    events.subscribe(observer);
    events.emit(event);
    expect(observer).toHaveBeenCalledTimes(2);
    unsubscribe();
    unsubscribe();
    events.emit(event);
    expect(observer).toHaveBeenCalledTimes(3);
  });

  test('reach the others when an observer unsubscribes itself', () => {
    const events = new Events();
    const once = jest.fn(() => unsubscribe());
    const other = jest.fn();
    const unsubscribe = events.subscribe(once);
    events.subscribe(other);
    events.emit(event);
    events.emit(event);
    expect([once.mock.calls.length, other.mock.calls.length]).toEqual([1, 2]);
  });
});

describe('an observer that throws', () => {
  const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  afterAll(() => emitWarning.mockRestore());

  test.each([
    ['an error', new Error('oops'), new Error('oops')],
    ['a string', 'oops', "an observer threw 'oops'"],
    ['an object without a prototype', Object.create(null), 'an observer threw [Object: null prototype] {}'],
  ])('harms nobody and leaves a warning: %s', (_, thrown, warning) => {
    const events = new Events();
    const other = jest.fn();
    events.subscribe(() => {
      throw thrown;
    });
    events.subscribe(other);
    expect(() => events.emit(event)).not.toThrow();
    expect(other).toHaveBeenCalledWith(event);
    expect(emitWarning).toHaveBeenLastCalledWith(warning);
  });

  test('harms nobody when it is of another realm and rejects', async () => {
    const events = new Events();
    events.subscribe(vm.runInNewContext("async () => { throw new Error('elsewhere'); }"));
    events.emit(event);
    await new Promise(setImmediate);
    expect(emitWarning).toHaveBeenLastCalledWith(expect.stringContaining('elsewhere'));
  });

  test('harms nobody when it rejects', async () => {
    const events = new Events();
    events.subscribe(async () => {
      throw new Error('later');
    });
    events.emit(event);
    await Promise.resolve();
    await Promise.resolve();
    expect(emitWarning).toHaveBeenLastCalledWith(new Error('later'));
  });
});
