import { messageOf } from '../../src/support/message-of.ts';

describe('messageOf', () => {
  test.each<[string, unknown, string]>([
    ['an error', new Error('why'), 'why'],
    ['an error without a message', new TypeError(), 'TypeError'],
    ['errors of several addresses', new AggregateError([new Error('a'), new Error('b')]), 'a; b'],
    ['several errors with a message', new AggregateError([new Error('a')], 'all'), 'all'],
    ['several errors, none of them', new AggregateError([]), ''],
    ['a string', 'why', 'why'],
    ['undefined', undefined, 'undefined'],
    ['a symbol', Symbol('why'), 'Symbol(why)'],
  ])('is found in %s', (_, thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
