import { BalancingProxyError, type ErrorCode } from '../../src/errors.ts';
import { type RequestOutcome, requestOutcomeOf } from '../../src/events/request-outcome.ts';

interface Said {
  readonly what: string;
  readonly winner?: string;
  readonly servedBy?: string;
  readonly status?: number;
  readonly code?: ErrorCode;
  readonly attempts?: number;
  readonly expected: RequestOutcome;
}

describe('the outcome of a request', () => {
  const won = { winner: 'a', servedBy: 'a', status: 200 };
  test.each<Said>([
    { what: 'a usable response', ...won, expected: 'served' },
    { what: 'an answer that needs no endpoint', status: 200, attempts: 0, expected: 'served' },
    { what: 'a response for want of a better one', servedBy: 'a', status: 500, expected: 'unusable' },
    { what: 'a body that breaks off', ...won, code: 'ERR_BRP_CONNECTION_LOST', expected: 'broken-off' },
    {
      what: 'a winner that breaks before its head',
      winner: 'a',
      servedBy: 'a',
      code: 'ERR_BRP_CONNECTION_LOST',
      expected: 'error',
    },
    { what: 'no response', code: 'ERR_BRP_EXHAUSTED', expected: 'error' },
    { what: 'a client that leaves', code: 'ERR_BRP_CLIENT_GONE', expected: 'client-gone' },
    { what: 'a client that reads nothing', ...won, code: 'ERR_BRP_CLIENT_TIMEOUT', expected: 'client-gone' },
    { what: 'an app that answers', status: 418, code: 'ERR_BRP_ENDED_BY_APP', expected: 'ended-by-app' },
  ])('is for $what: $expected', ({ winner, servedBy, status, code, attempts = 1, expected }) => {
    const error = code && new BalancingProxyError(code, 'why');
    const ended = { winner, servedBy, status, error, attempts: Array(attempts).fill({}) };
    expect(requestOutcomeOf(ended, false)).toBe(expected);
  });

  test('is for a request that others answer: passed-on, whatever its error would have been', () => {
    const error = new BalancingProxyError('ERR_BRP_TOTAL_TIMEOUT', 'why');
    const ended = { winner: undefined, servedBy: undefined, status: undefined, error, attempts: [{}] };
    expect(requestOutcomeOf(ended, true)).toBe('passed-on');
  });
});
