import { BalancingProxyError, type ErrorCode, isConnectFailure, isTimeout, messageOf } from '../src/errors.ts';
import type { AttemptReport } from '../src/events/attempt-report.ts';

describe('BalancingProxyError', () => {
  test.each<[ErrorCode, number]>([
    ['ERR_BRP_OPTIONS', 500],
    ['ERR_BRP_PEER', 500],
    ['ERR_BRP_BODY_TOO_LARGE', 413],
    ['ERR_BRP_BODY_CONSUMED', 500],
    ['ERR_BRP_HOOK', 500],
    ['ERR_BRP_ENDPOINTS', 500],
    ['ERR_BRP_LOOP', 508],
    ['ERR_BRP_NO_ENDPOINT', 503],
    ['ERR_BRP_CLOSED', 503],
    ['ERR_BRP_EXHAUSTED', 502],
    ['ERR_BRP_ALL_TIMED_OUT', 504],
    ['ERR_BRP_TOTAL_TIMEOUT', 504],
    ['ERR_BRP_CLIENT_GONE', 499],
    ['ERR_BRP_ENDED_BY_APP', 500],
    ['ERR_BRP_CLIENT_TIMEOUT', 408],
    ['ERR_BRP_CONNECT', 502],
    ['ERR_BRP_CONNECT_TIMEOUT', 504],
    ['ERR_BRP_NOT_PROCESSED', 502],
    ['ERR_BRP_CONNECTION_LOST', 502],
    ['ERR_BRP_RESPONSE_TIMEOUT', 504],
    ['ERR_BRP_IDLE_TIMEOUT', 504],
    ['ERR_BRP_BAD_RESPONSE', 502],
    ['ERR_BRP_NOT_JUDGED', 502],
    ['ERR_BRP_ATTEMPT', 502],
  ])('of code %s has the status %d', (code, status) => {
    expect(new BalancingProxyError(code, 'why')).toMatchObject({ code, status, message: 'why' });
  });

  test('is an Error with a name of its own and a stack', () => {
    const error = new BalancingProxyError('ERR_BRP_LOOP', 'round and round');
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('BalancingProxyError: round and round');
    expect(error.stack).toContain('errors.test.ts');
  });

  test('carries cause, attempts and headers', () => {
    const cause = new Error('cause');
    const times = { startedAfterMs: 0, durationMs: 1, discardedBytes: 0 };
    const attempts: AttemptReport[] = [{ endpoint: 'a', reason: 'first', outcome: 'failed', ...times }];
    const headers = { 'Retry-After': '1' };
    const error = new BalancingProxyError('ERR_BRP_EXHAUSTED', 'why', { cause, attempts, headers });
    expect(error).toMatchObject({ cause, attempts, headers });
  });

  test('shows nobody who walks over its fields or prints it as JSON which endpoints there are', () => {
    const times = { startedAfterMs: 0, durationMs: 1, discardedBytes: 0 };
    const attempts: AttemptReport[] = [{ endpoint: 'http://inner', reason: 'first', outcome: 'failed', ...times }];
    const headers = { 'Retry-After': '1' };
    const cause = new Error('refused by http://inner');
    const error = new BalancingProxyError('ERR_BRP_EXHAUSTED', 'why', { cause, attempts, headers });
    const shown = {
      name: 'BalancingProxyError',
      code: 'ERR_BRP_EXHAUSTED',
      status: 502,
      statusCode: 502,
      expose: false,
      headers,
    };
    expect({ ...error }).toEqual(shown);
    expect(JSON.parse(JSON.stringify(error))).toEqual(shown);
    expect(error.stack).not.toContain('inner');
  });

  test.each<[ErrorCode, boolean]>([
    ['ERR_BRP_BODY_TOO_LARGE', true],
    ['ERR_BRP_OPTIONS', false],
    ['ERR_BRP_UPGRADE_BODY', false],
    ['ERR_BRP_LOOP', false],
  ])('of code %s, taken for one of http-errors, may be shown to clients: %s', (code, expose) => {
    const error = new BalancingProxyError(code, 'why');
    expect(error).toMatchObject({ expose, statusCode: error.status });
  });

  test('has no cause and no headers of which nothing was said', () => {
    const error = new BalancingProxyError('ERR_BRP_EXHAUSTED', 'why', {});
    expect(Object.hasOwn(error, 'cause')).toBe(false);
    expect(error).toMatchObject({ headers: undefined, attempts: [] });
  });
});

describe('isTimeout', () => {
  test.each<[ErrorCode, boolean]>([
    ['ERR_BRP_CONNECT_TIMEOUT', true],
    ['ERR_BRP_RESPONSE_TIMEOUT', true],
    ['ERR_BRP_IDLE_TIMEOUT', true],
    ['ERR_BRP_TOTAL_TIMEOUT', true],
    ['ERR_BRP_CONNECT', false],
    ['ERR_BRP_CONNECTION_LOST', false],
    ['ERR_BRP_CLIENT_GONE', false],
  ])('of %s is %s', (code, expected) => {
    expect(isTimeout(new BalancingProxyError(code, 'why'))).toBe(expected);
  });
});

describe('isConnectFailure', () => {
  test.each<[ErrorCode, boolean]>([
    ['ERR_BRP_CONNECT', true],
    ['ERR_BRP_CONNECT_TIMEOUT', true],
    ['ERR_BRP_NOT_PROCESSED', false],
    ['ERR_BRP_CONNECTION_LOST', false],
    ['ERR_BRP_STALE_CONNECTION', false],
    ['ERR_BRP_RESPONSE_TIMEOUT', false],
  ])('of %s is %s', (code, expected) => {
    expect(isConnectFailure(new BalancingProxyError(code, 'why'))).toBe(expected);
  });
});

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
