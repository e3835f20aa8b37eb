import { exhausted } from '../../src/attempts/exhausted.ts';
import { type AttemptResult, BalancingProxyError } from '../../src/errors.ts';

const refused: AttemptResult = {
  endpoint: 'a',
  outcome: 'failed',
  startedAfterMs: 0,
  durationMs: 1,
  error: new BalancingProxyError('ERR_BRP_CONNECT', 'refused'),
};
const unusable: AttemptResult = { endpoint: 'b', outcome: 'unusable', startedAfterMs: 0, durationMs: 1, status: 503 };

describe('exhausted', () => {
  test('says how each attempt went', () => {
    expect(exhausted([refused, unusable]).message).toBe('no endpoint gave a response: ERR_BRP_CONNECT, unusable');
  });

  test('says once what happened hundreds of times, when endpoints were asked again and again', () => {
    const attempts = Array.from({ length: 240 }, (_, index) => (index === 0 ? unusable : refused));
    expect(exhausted(attempts).message).toBe('no endpoint gave a response: unusable, 239 times ERR_BRP_CONNECT');
    expect(exhausted(attempts).attempts).toHaveLength(240);
  });
});
