import { pack, unpack } from '../../../src/cli/cluster/packed-events.ts';
import { type AttemptReport, BalancingProxyError, type ProxyEvent } from '../../../src/index.ts';
import { reportedEnd } from '../../events/reported-end.ts';

const lost = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'broken off', { cause: new Error('reset') });
const won: AttemptReport = {
  endpoint: 'http://a',
  reason: 'first',
  outcome: 'won',
  startedAfterMs: 0,
  durationMs: 1,
  discardedBytes: 0,
};
const request = { requestId: 1, method: 'GET', url: '/' };

/** On the way between processes. */
function sent(event: ProxyEvent): ProxyEvent {
  return unpack(structuredClone(pack(event)));
}

describe('a packed event', () => {
  test('comes out with errors of the class, with code, message and status', () => {
    const attempts: readonly AttemptReport[] = [{ ...won, outcome: 'failed', error: lost }, won];
    const error = new BalancingProxyError('ERR_BRP_EXHAUSTED', 'nobody', { attempts });
    const event = reportedEnd({ type: 'request-ended', ...request, attempts, error });
    const arrived = sent(event) as Extract<ProxyEvent, { type: 'request-ended' }>;
    expect(arrived).toMatchObject({ ...event, error: { message: 'nobody' }, attempts: [{ endpoint: 'http://a' }, {}] });
    expect(arrived.error).toBeInstanceOf(BalancingProxyError);
    expect(arrived.error).toMatchObject({ code: 'ERR_BRP_EXHAUSTED', status: 502, message: 'nobody' });
    expect(arrived.attempts[0]?.error).toBeInstanceOf(BalancingProxyError);
    expect(arrived.attempts[0]?.error).toMatchObject({ code: 'ERR_BRP_CONNECTION_LOST', message: 'broken off' });
    expect(arrived.attempts[0]?.error?.cause).toMatchObject({ message: 'reset' });
    expect(arrived.attempts[1]?.error).toBeUndefined();
    expect(Object.keys(arrived)).toEqual(Object.keys(event));
  });

  test.each<ProxyEvent>([
    { type: 'request-started', ...request, traceparent: undefined, tracestate: 'a=b' },
    { type: 'endpoint-ejected', endpoint: 'http://a', forMs: 1_000, cause: 'unreachable' },
    { type: 'hedge-denied', ...request },
  ])('comes out as it was: $type', (event) => {
    expect(sent(event)).toEqual(event);
  });
});
