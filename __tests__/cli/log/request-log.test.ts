import type { Level } from '../../../src/cli/log/log.ts';
import { eventsTold, requestLog } from '../../../src/cli/log/request-log.ts';
import {
  type AttemptReport,
  BalancingProxyError,
  type ErrorCode,
  type ProxyEvent,
  type RequestEnded,
} from '../../../src/index.ts';
import { reportedEnd, type SaidEnd } from '../../events/reported-end.ts';

const request = { requestId: 12, method: 'GET', url: '/path?q=1' };
const endpoints = ['http://a', 'http://b'];

/** The lines about these events, those of attempts included unless another level is asked for. */
function linesOf(events: readonly ProxyEvent[], logQuery?: boolean, least: Level = 'debug'): string[] {
  const lines: string[] = [];
  const known = { endpoints, options: logQuery === undefined ? {} : { logQuery } };
  const observe = requestLog(
    (level, message) => void lines.push(`${level} ${message}`),
    () => known,
    least,
  );
  for (const event of events) observe(event);
  return lines;
}

function error(code: ErrorCode, message = 'why'): BalancingProxyError {
  return new BalancingProxyError(code, message);
}

describe('the line of an attempt', () => {
  test.each<[Partial<AttemptReport>, string]>([
    [{ outcome: 'won', status: 200 }, 'debug endpoint 1 "http://b": 200 in 12ms'],
    [{ outcome: 'lost', status: 200 }, 'debug endpoint 1 "http://b": 200 in 12ms (lost)'],
    [{ outcome: 'unusable', status: 500 }, 'debug endpoint 1 "http://b": 500 in 12ms (unusable)'],
    [{ outcome: 'cancelled' }, 'debug endpoint 1 "http://b": cancelled after 12ms'],
    [{ outcome: 'failed', error: error('ERR_BRP_CONNECT') }, 'debug endpoint 1 "http://b": failed after 12ms: why'],
    [
      { outcome: 'timed-out', error: error('ERR_BRP_RESPONSE_TIMEOUT') },
      'debug endpoint 1 "http://b": timed out after 12ms: why',
    ],
    [{ reason: 'resume', outcome: 'resumed', status: 206 }, 'debug endpoint 1 "http://b": 206 in 12ms (resumed)'],
    [
      { reason: 'resume', outcome: 'failed', error: error('ERR_BRP_CONNECT') },
      'debug endpoint 1 "http://b" (resume): failed after 12ms: why',
    ],
    [{ reason: 'resume', outcome: 'cancelled' }, 'debug endpoint 1 "http://b" (resume): cancelled after 12ms'],
    [{ reason: 'race', outcome: 'won', status: 200 }, 'debug endpoint 1 "http://b": 200 in 12ms'],
    [{ reason: 'hedge', outcome: 'won', status: 200 }, 'debug endpoint 1 "http://b" (hedge): 200 in 12ms'],
    [{ reason: 'failure', outcome: 'cancelled' }, 'debug endpoint 1 "http://b" (failure): cancelled after 12ms'],
    [{ reason: 'tier', outcome: 'lost', status: 200 }, 'debug endpoint 1 "http://b" (tier): 200 in 12ms (lost)'],
    [
      { reason: 'retry', outcome: 'unusable', status: 503 },
      'debug endpoint 1 "http://b" (retry): 503 in 12ms (unusable)',
    ],
  ])('tells %j', (fields, line) => {
    const report = {
      endpoint: 'http://b',
      reason: 'first',
      startedAfterMs: 0,
      durationMs: 12,
      ...fields,
    } as AttemptReport;
    expect(linesOf([{ type: 'attempt-ended', ...request, attempt: 2, report }])).toEqual([
      line.replace(' ', ' request 12 GET /path?...: '),
    ]);
  });
});

describe('the target in a line', () => {
  test('has no credentials of an absolute form', () => {
    const report = {
      endpoint: 'http://b',
      reason: 'first',
      outcome: 'cancelled',
      startedAfterMs: 0,
      durationMs: 12,
    } as AttemptReport;
    const [line] = linesOf([
      { type: 'attempt-ended', ...request, url: 'http://user:secret@a.example/path', attempt: 2, report },
    ]);
    expect(line).toContain('GET http://***@a.example/path: ');
  });
});

describe('the line of a request', () => {
  const attempts: readonly AttemptReport[] = [
    {
      endpoint: 'http://a',
      reason: 'first',
      outcome: 'unusable',
      status: 500,
      startedAfterMs: 0,
      durationMs: 1,
      discardedBytes: 0,
    },
  ];
  const served: SaidEnd = {
    type: 'request-ended',
    ...request,
    status: 200,
    winner: 'http://a',
    servedBy: 'http://a',
    bytes: 123,
    durationMs: 36.3,
    attempts,
  };
  const attempt: AttemptReport = {
    endpoint: 'http://a',
    reason: 'first',
    outcome: 'won',
    startedAfterMs: 0,
    durationMs: 1,
    discardedBytes: 0,
  };
  const broken: AttemptReport = {
    ...attempt,
    error: error('ERR_BRP_CONNECTION_LOST'),
    brokeOff: { afterMs: 310, atByte: 81_920 },
  };
  const resumed: AttemptReport = { ...attempt, endpoint: 'http://b', reason: 'resume', outcome: 'resumed' };
  const unanswered = { status: undefined, winner: undefined, bytes: 0 };
  const failure = ': endpoints failed to return a usable response, returning';

  test.each<[string, Partial<RequestEnded>, string]>([
    ['a winner', {}, 'info  served in 36.3ms by endpoint 0 "http://a": status 200, 123 bytes'],
    ['a spare', { winner: undefined, status: 500 }, `error ${failure} 500 in 36.3ms, 123 bytes`],
    [
      'nothing',
      { ...unanswered, error: error('ERR_BRP_EXHAUSTED') },
      `error ${failure} 502 in 36.3ms (ERR_BRP_EXHAUSTED)`,
    ],
    [
      'a request that others answer',
      { ...unanswered, outcome: 'passed-on', error: error('ERR_BRP_EXHAUSTED') },
      'error : endpoints failed to return a usable response, passed on after 36.3ms (ERR_BRP_EXHAUSTED)',
    ],
    [
      'an answer that needed no endpoint',
      { winner: undefined, servedBy: undefined, bytes: 0, attempts: [] },
      'info  answered here in 36.3ms: status 200',
    ],
    [
      'a client that left',
      { ...unanswered, error: error('ERR_BRP_CLIENT_GONE') },
      'info : the client has gone after 36.3ms',
    ],
    [
      'a client that reads nothing',
      { error: error('ERR_BRP_CLIENT_TIMEOUT') },
      'info  broken off after 36.3ms by endpoint 0 "http://a": status 200, why',
    ],
    [
      'a winner that broke off',
      { error: error('ERR_BRP_CONNECTION_LOST') },
      'error  broken off after 36.3ms by endpoint 0 "http://a": status 200, why',
    ],
    [
      'a body that another endpoint went on with',
      { resumes: 1, servedBy: 'http://b', attempts: [broken, resumed] },
      'warn  served in 36.3ms by endpoint 0 "http://a": status 200, 123 bytes (resumes: 1); endpoint 0 "http://a" broke off at byte 81920 after 310ms: why',
    ],
    [
      'a body that was gone on with and broke off once more',
      {
        error: error('ERR_BRP_CONNECTION_LOST'),
        resumes: 1,
        servedBy: 'http://b',
        attempts: [broken, { ...broken, ...resumed }],
      },
      'error  broken off after 36.3ms by endpoint 1 "http://b": status 200, why (resumes: 1); endpoint 0 "http://a" broke off at byte 81920 after 310ms: why; endpoint 1 "http://b" broke off at byte 81920 after 310ms: why',
    ],
    [
      'a refusal, in the words of the command',
      { ...unanswered, attempts: [], error: error('ERR_BRP_BODY_TOO_LARGE', 'raise `bodyLimitBytes`') },
      'error  refused in 36.3ms: status 413, raise flag -body-limit',
    ],
  ])('tells of %s', (_, fields, line) => {
    expect(linesOf([reportedEnd({ ...served, ...fields })])).toEqual([
      `${line.replace(' ', ' request 12 GET /path?...')} [client 127.0.0.1]`,
    ]);
  });
});

describe('the line of a request whose attempts have no lines of their own', () => {
  const failure: AttemptReport = {
    endpoint: 'http://a',
    reason: 'first',
    outcome: 'failed',
    error: error('ERR_BRP_CONNECT'),
    startedAfterMs: 0,
    durationMs: 2,
    discardedBytes: 0,
  };
  const won: AttemptReport = {
    endpoint: 'http://b',
    reason: 'failure',
    outcome: 'won',
    startedAfterMs: 2,
    durationMs: 10,
    discardedBytes: 0,
  };
  const ended: SaidEnd = {
    type: 'request-ended',
    ...request,
    status: 200,
    winner: 'http://b',
    servedBy: 'http://b',
    bytes: 5,
    durationMs: 12,
    strategy: 'failover',
    attempts: [failure, won],
  };
  const lineOf = (fields: Partial<RequestEnded>, least: Level) =>
    linesOf([reportedEnd({ ...ended, ...fields })], false, least)[0];

  test('tells which ones have failed', () => {
    expect(lineOf({}, 'info')).toBe(
      'info request 12 GET /path?... served in 12ms by endpoint 1 "http://b": status 200, 5 bytes; endpoint 0 "http://a": failed after 2ms: why [client 127.0.0.1]',
    );
  });

  test('tells of the first and the last ones when there are many', () => {
    const line = lineOf({ winner: undefined, attempts: Array(40).fill(failure) }, 'warn');
    expect(line?.split('; ').slice(8, 10)).toEqual([
      'endpoint 0 "http://a": failed after 2ms: why',
      '24 more attempts',
    ]);
    expect(line?.split('; ')).toHaveLength(18);
  });

  test('is not made when it would not be written', () => {
    expect(lineOf({}, 'warn')).toBeUndefined();
  });
});

describe('the events that are told', () => {
  test.each<[Level, string[]]>([
    ['debug', ['attempt-ended', 'endpoint-ejected', 'endpoint-restored', 'request-ended']],
    ['info', ['endpoint-ejected', 'endpoint-restored', 'request-ended']],
    ['warn', ['endpoint-ejected', 'request-ended']],
    ['error', ['request-ended']],
  ])('at %s are %j', (least, types) => {
    const known = ['attempt-ended', 'endpoint-ejected', 'endpoint-restored', 'request-ended'] as const;
    const told = eventsTold(least);
    expect(known.filter((type) => told.includes(type))).toEqual(types);
  });
});

describe('the origin of a request', () => {
  const ended: SaidEnd = {
    type: 'request-ended',
    ...request,
    status: 200,
    winner: 'http://a',
    servedBy: 'http://a',
    bytes: 5,
    durationMs: 12,
  };
  const client = { address: '::1', host: 'a.example', userAgent: 'x'.repeat(300), httpVersion: '2.0' };

  test.each<[Partial<SaidEnd>, string]>([
    [{ client, xRequestId: 'abc' }, ' [client ::1, id abc]'],
    [{ client }, ' [client ::1]'],
    [{ client: { ...client, address: undefined }, xRequestId: 'abc' }, ' [id abc]'],
    [{ client: { ...client, address: undefined } }, ''],
  ])('of %j is told in words', (fields, words) => {
    const [line] = linesOf([reportedEnd({ ...ended, ...fields })]);
    expect(line?.split('5 bytes')[1]).toBe(words);
  });

  test('is told to machines, long headers shortened', () => {
    const logged: unknown[] = [];
    const known = { endpoints, options: {} };
    const observe = requestLog(
      (_, __, fields) => void logged.push(fields),
      () => known,
      'info',
    );
    observe(reportedEnd({ ...ended, client, xRequestId: 'abc', bytesReceived: 7 }));
    observe(
      reportedEnd({ ...ended, client: { ...client, address: undefined, host: undefined, userAgent: undefined } }),
    );
    expect(logged).toEqual([
      expect.objectContaining({
        xRequestId: 'abc',
        clientAddress: '::1',
        host: 'a.example',
        userAgent: `${'x'.repeat(256)}...`,
        httpVersion: '2.0',
        bytes: 5,
        bytesReceived: 7,
      }),
      expect.objectContaining({ xRequestId: null, clientAddress: null, host: null, userAgent: null }),
    ]);
  });
});

describe('the query of a request', () => {
  const report = { endpoint: 'http://b', outcome: 'cancelled', startedAfterMs: 0, durationMs: 12 } as AttemptReport;
  const withUrl = (url: string): ProxyEvent => ({ type: 'attempt-ended', ...request, url, attempt: 1, report });

  test.each([
    ['/path?token=secret', false, '/path?...'],
    ['/path?token=secret', undefined, '/path?...'],
    ['/path?a?b', false, '/path?...'],
    ['/path?', false, '/path?...'],
    ['/path', false, '/path'],
    ['/path?token=secret', true, '/path?token=secret'],
  ])('of %s with logQuery %j is shown as %s', (url, logQuery, shown) => {
    expect(linesOf([withUrl(url)], logQuery)).toEqual([expect.stringContaining(` GET ${shown}: endpoint`)]);
  });
});

describe('the line of an endpoint', () => {
  test.each<[ProxyEvent, string]>([
    [
      { type: 'endpoint-ejected', endpoint: 'http://a', forMs: 1_000, cause: 'unreachable' },
      'warn endpoint 0 "http://a" cannot be reached and is left out for 1s',
    ],
    [
      { type: 'endpoint-ejected', endpoint: 'http://a', forMs: 1_000, cause: 'failures' },
      'warn endpoint 0 "http://a" fails too often and is left out for 1s',
    ],
    [{ type: 'endpoint-drained', endpoint: 'http://b' }, 'warn endpoint 1 "http://b" is drained'],
    [{ type: 'endpoint-restored', endpoint: 'http://b' }, 'info endpoint 1 "http://b" is back'],
    [{ type: 'endpoint-restored', endpoint: 'http://c' }, 'info endpoint "http://c" is back'],
  ])('tells %j', (event, line) => {
    expect(linesOf([event])).toEqual([line]);
  });
});
