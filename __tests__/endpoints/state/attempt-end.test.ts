import { findingOf } from '../../../src/endpoints/state/attempt-end.ts';
import { type AttemptOutcome, BalancingProxyError, type ErrorCode } from '../../../src/errors.ts';

describe('the end of an attempt', () => {
  test.each<{ finding: string; outcome: AttemptOutcome; code?: ErrorCode }>([
    { finding: 'succeeded', outcome: 'won' },
    { finding: 'succeeded', outcome: 'lost' },
    { finding: 'succeeded', outcome: 'resumed' },
    { finding: 'failed', outcome: 'unusable' },
    { finding: 'failed', outcome: 'timed-out', code: 'ERR_BRP_RESPONSE_TIMEOUT' },
    { finding: 'failed', outcome: 'timed-out', code: 'ERR_BRP_FIRST_BYTE_TIMEOUT' },
    { finding: 'failed', outcome: 'timed-out', code: 'ERR_BRP_IDLE_TIMEOUT' },
    { finding: 'failed', outcome: 'failed', code: 'ERR_BRP_CONNECTION_LOST' },
    { finding: 'failed', outcome: 'failed', code: 'ERR_BRP_BAD_RESPONSE' },
    { finding: 'notReached', outcome: 'timed-out', code: 'ERR_BRP_CONNECT_TIMEOUT' },
    { finding: 'notReached', outcome: 'failed', code: 'ERR_BRP_CONNECT' },
    { finding: 'reached', outcome: 'failed', code: 'ERR_BRP_NOT_PROCESSED' },
    { finding: 'reached', outcome: 'failed', code: 'ERR_BRP_STALE_CONNECTION' },
    { finding: 'reached', outcome: 'failed', code: 'ERR_BRP_NOT_JUDGED' },
    { finding: 'reached', outcome: 'failed', code: 'ERR_BRP_NOT_RESUMED' },
    { finding: 'reached', outcome: 'failed', code: 'ERR_BRP_ATTEMPT' },
    { finding: 'unknown', outcome: 'cancelled' },
    { finding: 'unknown', outcome: 'cancelled', code: 'ERR_BRP_CONNECTION_LOST' },
    { finding: 'unknown', outcome: 'failed', code: 'ERR_BRP_HOOK' },
    { finding: 'unknown', outcome: 'failed', code: 'ERR_BRP_UNSENDABLE' },
    { finding: 'unknown', outcome: 'failed', code: 'ERR_BRP_NO_SOCKET' },
  ])('tells of its endpoint: $finding, after the outcome $outcome with $code', ({ finding, outcome, code }) => {
    const error = code && new BalancingProxyError(code, 'why');
    expect(findingOf({ outcome, elapsedMs: 1, error })).toBe(finding);
  });
});
