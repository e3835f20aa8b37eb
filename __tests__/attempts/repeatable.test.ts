import { isWorthRepeating } from '../../src/attempts/repeatable.ts';
import { type AttemptResult, BalancingProxyError, type ErrorCode } from '../../src/errors.ts';

const result: AttemptResult = { endpoint: 'a', outcome: 'failed', startedAfterMs: 0, durationMs: 1 };

/** Whether it is worth repeating for a request that may be sent twice, and for one that may not. */
const worth = (attempt: AttemptResult) => [isWorthRepeating(attempt, true), isWorthRepeating(attempt, false)];

describe('an attempt is worth repeating', () => {
  test.each<[ErrorCode, boolean, boolean]>([
    ['ERR_BRP_CONNECT', true, true],
    ['ERR_BRP_CONNECT_TIMEOUT', true, true],
    ['ERR_BRP_NOT_PROCESSED', true, true],
    ['ERR_BRP_NO_SOCKET', true, true],
    ['ERR_BRP_CONNECTION_LOST', true, false],
    ['ERR_BRP_STALE_CONNECTION', true, false],
    ['ERR_BRP_RESPONSE_TIMEOUT', false, false],
    ['ERR_BRP_FIRST_BYTE_TIMEOUT', false, false],
    ['ERR_BRP_IDLE_TIMEOUT', false, false],
    ['ERR_BRP_BAD_RESPONSE', false, false],
    ['ERR_BRP_NOT_JUDGED', false, false],
    ['ERR_BRP_UNSENDABLE', false, false],
    ['ERR_BRP_HOOK', false, false],
    ['ERR_BRP_ATTEMPT', false, false],
  ])('after %s: %s if it may be sent twice, else %s', (code, idempotent, unsafe) => {
    expect(worth({ ...result, error: new BalancingProxyError(code, 'why') })).toEqual([idempotent, unsafe]);
  });

  test.each([
    [502, true],
    [503, true],
    [504, true],
    [429, false],
    [500, false],
    [501, false],
    [529, false],
    [200, false],
  ])('after an unusable %d: %s if it may be sent twice, else never', (status, idempotent) => {
    expect(worth({ ...result, outcome: 'unusable', status })).toEqual([idempotent, false]);
  });

  test.each(['won', 'lost', 'cancelled', 'pending'] as const)('never when its 503 has %s', (outcome) => {
    expect(worth({ ...result, outcome, status: 503 })).toEqual([false, false]);
  });

  test('after a 503 whose body was lost, as after any lost connection', () => {
    const error = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'why');
    expect(worth({ ...result, status: 503, error })).toEqual([true, false]);
  });
});
