import { jest } from '@jest/globals';
import { Subscribers } from '../../src/support/subscribers.ts';

describe('Subscribers', () => {
  test('has the same function as often as it was subscribed, and ends one subscription at a time', () => {
    const subscribers = new Subscribers<string>();
    const subscriber = jest.fn();
    const [first] = [subscribers.subscribe(subscriber), subscribers.subscribe(subscriber)];
    subscribers.tell('both');
    first?.();
    first?.();
    subscribers.tell('second');
    expect(subscriber.mock.calls).toEqual([['both'], ['both'], ['second']]);
    expect(subscribers.size).toBe(1);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('warns of one that %s, and tells the others nevertheless', async (_, fail) => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const subscribers = new Subscribers<string>();
    const told = jest.fn();
    subscribers.subscribe(fail);
    subscribers.subscribe(told);
    subscribers.tell('event');
    await new Promise(setImmediate);
    expect(told).toHaveBeenCalledWith('event');
    expect(warned).toHaveBeenCalledWith(new Error('mine'));
    warned.mockRestore();
  });
});
