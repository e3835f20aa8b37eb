import {
  BalancingProxyError,
  type ErrorCode,
  isClientsDoing,
  isConnectFailure,
  isOthersDoing,
  isOwnFault,
  isTimeout,
  isUnprocessed,
  statusByCode,
} from '../src/errors.ts';
import type { AttemptReport } from '../src/events/events.ts';

const codes = Object.keys(statusByCode) as ErrorCode[];

describe('BalancingProxyError', () => {
  test.each(codes)(
    'of code %s has its status, by both names, and says whether its message is for the client',
    (code) => {
      const status = statusByCode[code];
      const error = new BalancingProxyError(code, 'why');
      expect(error).toMatchObject({ code, message: 'why', status, statusCode: status, expose: status < 500 });
    },
  );

  test.each(codes)('of code %s has a status of an error', (code) => {
    expect(statusByCode[code]).toBeGreaterThanOrEqual(400);
    expect(statusByCode[code]).toBeLessThanOrEqual(599);
  });

  test('is an Error with a name of its own and a stack', () => {
    const error = new BalancingProxyError('ERR_BRP_LOOP', 'round and round');
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('BalancingProxyError: round and round');
    expect(error.stack).toContain('errors.test.ts');
  });

  test('tells the code of its cause, however deep', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const ofAttempt = new BalancingProxyError('ERR_BRP_CONNECT', 'why', { cause: refused });
    const ofRequest = new BalancingProxyError('ERR_BRP_EXHAUSTED', 'why', { cause: ofAttempt });
    expect([ofAttempt.causeCode, ofRequest.causeCode]).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
    expect(JSON.stringify(ofRequest)).not.toContain('ECONNREFUSED');
  });

  test.each([undefined, 'ECONNREFUSED', new Error('no code'), new DOMException('gone', 'AbortError')])(
    'tells no code of the cause %p',
    (cause) => {
      expect(new BalancingProxyError('ERR_BRP_EXHAUSTED', 'why', { cause }).causeCode).toBeUndefined();
    },
  );

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

describe.each<{ readonly predicate: (error: BalancingProxyError) => boolean; readonly expected: readonly ErrorCode[] }>(
  [
    {
      predicate: isTimeout,
      expected: [
        'ERR_BRP_CONNECT_TIMEOUT',
        'ERR_BRP_FIRST_BYTE_TIMEOUT',
        'ERR_BRP_IDLE_TIMEOUT',
        'ERR_BRP_RESPONSE_TIMEOUT',
        'ERR_BRP_TOTAL_TIMEOUT',
      ],
    },
    { predicate: isConnectFailure, expected: ['ERR_BRP_CONNECT', 'ERR_BRP_CONNECT_TIMEOUT'] },
    {
      predicate: isUnprocessed,
      expected: ['ERR_BRP_CONNECT', 'ERR_BRP_CONNECT_TIMEOUT', 'ERR_BRP_NOT_PROCESSED', 'ERR_BRP_NO_SOCKET'],
    },
    { predicate: isOwnFault, expected: ['ERR_BRP_NO_SOCKET', 'ERR_BRP_UNSENDABLE'] },
    { predicate: isClientsDoing, expected: ['ERR_BRP_CLIENT_GONE', 'ERR_BRP_CLIENT_TIMEOUT'] },
    {
      predicate: isOthersDoing,
      expected: ['ERR_BRP_CLIENT_GONE', 'ERR_BRP_CLIENT_TIMEOUT', 'ERR_BRP_ENDED_BY_APP'],
    },
  ],
)('$predicate.name', ({ predicate, expected }) => {
  test('holds for its codes and no others', () => {
    expect(codes.filter((code) => predicate(new BalancingProxyError(code, 'why'))).sort()).toEqual(expected);
  });
});
