import { BalancingProxyError, type ErrorCode } from '../../src/errors.ts';
import { finalStatusOf } from '../../src/events/reporter.ts';
import type { RequestOutcome } from '../../src/events/request-outcome.ts';

describe('the final status of a request', () => {
  test.each<{
    what: string;
    status?: number;
    code?: ErrorCode;
    outcome?: RequestOutcome;
    expected: number | undefined;
  }>([
    { what: 'a response', status: 404, expected: 404 },
    { what: 'a response that broke off', status: 200, code: 'ERR_BRP_CONNECTION_LOST', expected: 200 },
    { what: 'an error that is answered after the event', code: 'ERR_BRP_ALL_TIMED_OUT', expected: 504 },
    { what: 'a request that others answer', code: 'ERR_BRP_EXHAUSTED', outcome: 'passed-on', expected: undefined },
    { what: 'a client that left with a head', status: 200, code: 'ERR_BRP_CLIENT_GONE', expected: 200 },
    { what: 'a client that left with nothing', code: 'ERR_BRP_CLIENT_GONE', expected: undefined },
    { what: 'a response that the app has ended', status: 418, code: 'ERR_BRP_ENDED_BY_APP', expected: 418 },
  ])('is for $what: $expected', ({ status, code, outcome = 'error', expected }) => {
    expect(finalStatusOf({ status, outcome, error: code && new BalancingProxyError(code, 'why') })).toBe(expected);
  });
});
