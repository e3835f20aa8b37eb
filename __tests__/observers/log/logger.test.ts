import { Writable } from 'node:stream';
import { jest } from '@jest/globals';
import pino from 'pino';
import winston from 'winston';
import { BalancingProxyError, type ErrorCode } from '../../../src/errors.ts';
import type { AttemptReason, AttemptReport, ProxyEvent, RequestEnded } from '../../../src/index.ts';
import { type Logger, requestLogger } from '../../../src/observers/log/logger.ts';
import { reportedEnd } from '../../events/reported-end.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering, refusedUrl } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const error = (code: ErrorCode) => new BalancingProxyError(code, 'why');

function attempt(endpoint: string, fields: Partial<AttemptReport>): AttemptReport {
  return {
    endpoint,
    reason: 'first',
    outcome: 'won',
    startedAfterMs: 0,
    durationMs: 12.34567,
    discardedBytes: 0,
    ...fields,
  };
}

const served = reportedEnd({
  type: 'request-ended',
  requestId: 7,
  method: 'GET',
  url: '/path?token=secret',
  status: 200,
  winner: 'http://a',
  servedBy: 'http://a',
  resumes: 0,
  bytes: 5,
  durationMs: 12.34567,
  attempts: [attempt('http://a', { status: 200 }), attempt('http://b', { outcome: 'cancelled', reason: 'race' })],
  isBodyStreamed: false,
  strategy: 'race',
  error: undefined,
});
const nobody = { status: undefined, winner: undefined, servedBy: undefined, bytes: 0 };
const refused = attempt('http://a', { outcome: 'failed', error: error('ERR_BRP_CONNECT') });

function linesOf(event: ProxyEvent, settings = { logQuery: false }): string[] {
  const lines: string[] = [];
  const logger: Logger = {
    info: (...line: unknown[]) => void lines.push(`info ${line.join(' | ')}`),
    warn: (...line: unknown[]) => void lines.push(`warn ${line.join(' | ')}`),
  };
  requestLogger(logger, settings)(event);
  return lines;
}

const broken = attempt('http://a', {
  status: 200,
  error: error('ERR_BRP_CONNECTION_LOST'),
  brokeOff: { afterMs: 310.98765, atByte: 81_920 },
});
const wordsOfBroken =
  'http://a won 200 after 12.346 ms, broke off ERR_BRP_CONNECTION_LOST at byte 81920 after 310.988 ms';
const notResumed = attempt('http://b', { reason: 'resume', outcome: 'failed', error: error('ERR_BRP_CONNECT') });
const resumed = attempt('http://c', { reason: 'resume', outcome: 'resumed', status: 206 });

const attemptsOfServed = 'http://a won 200 after 12.346 ms; http://b cancelled after 12.346 ms';

describe('the line of a request', () => {
  test.each<[string, Partial<RequestEnded>, string]>([
    ['a winner', {}, `info GET /path?... 200 by http://a in 12.346 ms; ${attemptsOfServed}`],
    ['a target without a query', { url: '/' }, `info GET / 200 by http://a in 12.346 ms; ${attemptsOfServed}`],
    [
      'a response that is given although it was not usable',
      { status: 500, winner: undefined, attempts: [attempt('http://a', { outcome: 'unusable', status: 500 })] },
      'warn GET /path?... 500 of http://a in 12.346 ms; http://a unusable 500 after 12.346 ms',
    ],
    [
      'no response',
      { ...nobody, error: error('ERR_BRP_EXHAUSTED'), attempts: [refused] },
      'warn GET /path?... 502 ERR_BRP_EXHAUSTED in 12.346 ms; http://a failed ERR_BRP_CONNECT after 12.346 ms',
    ],
    [
      'a function of the user that threw',
      {
        ...nobody,
        error: error('ERR_BRP_EXHAUSTED'),
        attempts: [attempt('http://a', { outcome: 'failed', status: 200, error: error('ERR_BRP_HOOK') })],
      },
      'warn GET /path?... 502 ERR_BRP_EXHAUSTED in 12.346 ms; http://a failed 200 ERR_BRP_HOOK (why) after 12.346 ms',
    ],
    [
      'a request for which no endpoint was asked',
      {
        ...nobody,
        error: new BalancingProxyError('ERR_BRP_ENDPOINTS', 'they failed', { cause: new Error('no DNS') }),
        attempts: [],
      },
      'warn GET /path?... 500 ERR_BRP_ENDPOINTS in 12.346 ms; they failed: no DNS',
    ],
    [
      'a request that others answer',
      { ...nobody, outcome: 'passed-on', error: error('ERR_BRP_EXHAUSTED'), attempts: [] },
      'warn GET /path?... passed on ERR_BRP_EXHAUSTED in 12.346 ms; why',
    ],
    [
      'a winner that broke off',
      { error: error('ERR_BRP_CONNECTION_LOST'), attempts: [] },
      'warn GET /path?... 200 ERR_BRP_CONNECTION_LOST by http://a in 12.346 ms',
    ],
    [
      'a body that another endpoint went on with',
      { resumes: 1, servedBy: 'http://c', attempts: [broken, notResumed, resumed] },
      `warn GET /path?... 200 by http://a in 12.346 ms (resumes: 1); ${wordsOfBroken}; http://b (resume) failed ERR_BRP_CONNECT after 12.346 ms; http://c resumed 206 after 12.346 ms`,
    ],
    [
      'a body that nobody went on with',
      { error: error('ERR_BRP_CONNECTION_LOST'), attempts: [broken, notResumed] },
      `warn GET /path?... 200 ERR_BRP_CONNECTION_LOST by http://a in 12.346 ms; ${wordsOfBroken}; http://b (resume) failed ERR_BRP_CONNECT after 12.346 ms`,
    ],
    [
      'a client that left after a resume',
      { resumes: 1, error: error('ERR_BRP_CLIENT_GONE'), attempts: [] },
      'warn GET /path?... client gone by http://a in 12.346 ms (resumes: 1)',
    ],
    [
      'a client that reads nothing',
      { error: error('ERR_BRP_CLIENT_TIMEOUT'), attempts: [] },
      'info GET /path?... 200 ERR_BRP_CLIENT_TIMEOUT by http://a in 12.346 ms',
    ],
    [
      'a request that was answered without any endpoint',
      { winner: undefined, servedBy: undefined, bytes: 0, attempts: [] },
      'info GET /path?... 200 in 12.346 ms',
    ],
    [
      'a response that the app ended itself',
      { error: error('ERR_BRP_ENDED_BY_APP'), attempts: [] },
      'info GET /path?... 200 ERR_BRP_ENDED_BY_APP by http://a in 12.346 ms',
    ],
    [
      'a client that left',
      { ...nobody, error: error('ERR_BRP_CLIENT_GONE'), attempts: [] },
      'info GET /path?... client gone in 12.346 ms',
    ],
    [
      'a body that could not be sent twice',
      { isBodyStreamed: true, attempts: [] },
      'info GET /path?... 200 by http://a in 12.346 ms (body too large to ask another endpoint)',
    ],
  ])('tells of %s', (_, fields, line) => {
    expect(linesOf(reportedEnd({ ...served, ...fields }))).toEqual([line]);
  });

  test.each<[AttemptReason, AttemptReport['outcome'], string]>([
    ['first', 'won', 'http://a won after'],
    ['race', 'won', 'http://a won after'],
    ['hedge', 'won', 'http://a (hedge) won after'],
    ['failure', 'cancelled', 'http://a (failure) cancelled after'],
    ['tier', 'lost', 'http://a (tier) lost after'],
    ['retry', 'unusable', 'http://a (retry) unusable after'],
    ['resume', 'failed', 'http://a (resume) failed after'],
    ['resume', 'resumed', 'http://a resumed after'],
  ])('says of an attempt that started for the reason %s and %s: %s', (reason, outcome, words) => {
    const [line] = linesOf({ ...served, attempts: [attempt('http://a', { reason, outcome })] });
    expect(line?.split('; ')[1]).toBe(`${words} 12.346 ms`);
  });

  test.each([
    [16, []],
    [17, ['1 more attempt']],
    [240, ['224 more attempts']],
  ])('has, of %d attempts, eight at each end', (count, left) => {
    const attempts = Array.from({ length: count }, (_, index) => attempt(`e${index + 1}`, { outcome: 'unusable' }));
    const line = linesOf({ ...served, ...nobody, attempts, error: error('ERR_BRP_EXHAUSTED') })[0] ?? '';
    const [, ...parts] = line.split('; ');
    const told = (from: number) => Array.from({ length: 8 }, (_, index) => `e${from + index} unusable after 12.346 ms`);
    expect(parts).toEqual([...told(1), ...left, ...told(count - 7)]);
  });

  test('has the query where that is asked for', () => {
    expect(linesOf(served, { logQuery: true })[0]).toMatch(/^info GET \/path\?token=secret 200 /);
  });

  test('has no credentials of a target in absolute form', () => {
    expect(linesOf({ ...served, url: 'http://user:secret@api.example/path', attempts: [] })).toEqual([
      'info GET http://***@api.example/path 200 by http://a in 12.346 ms',
    ]);
  });

  test('has for machines what broke off where, and who went on', () => {
    const warn = jest.fn();
    const logger = { bindings: () => ({}), info: warn, warn };
    const ended = { ...served, resumes: 1, servedBy: 'http://c', attempts: [broken, notResumed, resumed] };
    requestLogger(logger, { logQuery: false })(ended);
    const attempts = [
      {
        outcome: 'won',
        error: 'ERR_BRP_CONNECTION_LOST',
        brokeOff: { afterMs: 310.988, atByte: 81_920 },
      },
      { reason: 'resume', outcome: 'failed', error: 'ERR_BRP_CONNECT' },
      { reason: 'resume', outcome: 'resumed', status: 206 },
    ];
    expect(warn.mock.calls).toMatchObject([[{ winner: 'http://a', resumes: 1, attempts }, expect.any(String)]]);
  });

  const fields = expect.objectContaining({ status: 200, winner: 'http://a' });
  test.each<[string, object, (message: string) => unknown[]]>([
    ['console', {}, (message) => [message]],
    ['pino', { bindings: () => ({}) }, (message) => [fields, message]],
    ['bunyan', { addSerializers: () => {} }, (message) => [fields, message]],
    ['winston', { defaultMeta: {} }, (message) => [expect.objectContaining({ message, status: 200 })]],
  ])('is one line for %s whatever the client puts into its URL', (_, kind, expected) => {
    const info = jest.fn();
    requestLogger(
      { ...kind, info, warn: info },
      { logQuery: false },
    )({
      ...served,
      url: '/\u0085\u2028\u009b2J',
      attempts: [],
    });
    expect(info.mock.calls).toEqual([expected('GET /\\u0085\\u2028\\u009b2J 200 by http://a in 12.346 ms')]);
  });
});

describe('the line of an endpoint', () => {
  test.each<[ProxyEvent, string]>([
    [
      { type: 'endpoint-ejected', endpoint: 'http://a', forMs: 1_000, cause: 'unreachable' },
      'warn endpoint http://a cannot be reached and is left out for 1000 ms',
    ],
    [
      { type: 'endpoint-ejected', endpoint: 'http://a', forMs: 1_000, cause: 'failures' },
      'warn endpoint http://a fails too often and is left out for 1000 ms',
    ],
    [{ type: 'endpoint-drained', endpoint: 'http://a' }, 'warn endpoint http://a is drained'],
    [{ type: 'endpoint-restored', endpoint: 'http://a' }, 'info endpoint http://a is back'],
  ])('tells %j', (event, line) => {
    expect(linesOf(event)).toEqual([line]);
  });
});

describe('the line of a name that DNS is asked for', () => {
  const dns = 'http://api';
  test.each<[ProxyEvent, string]>([
    [
      { type: 'endpoints-changed', dns, endpoints: ['a'], added: ['a'], removed: [] },
      'info dns http://api has 1 address; new: a',
    ],
    [
      { type: 'endpoints-changed', dns, endpoints: ['b', 'c'], added: ['b', 'c'], removed: ['a'] },
      'info dns http://api has 2 addresses; new: b, c; gone: a',
    ],
    [
      { type: 'dns-failed', dns, problem: 'no address from DNS for api (A): nothing within 3000 ms' },
      'warn dns http://api: no address from DNS for api (A): nothing within 3000 ms; the last good answer, if any, stays in use',
    ],
    [{ type: 'dns-restored', dns }, 'info dns http://api: DNS answers again'],
  ])('tells %j', (event, line) => {
    expect(linesOf(event)).toEqual([line]);
  });
});

describe('the option `logger`', () => {
  /** Text that was written to a stream, a piece for each line. */
  class Lines extends Writable {
    readonly lines: string[] = [];

    override _write(chunk: Buffer, _: unknown, done: () => void): void {
      this.lines.push(String(chunk));
      done();
    }
  }

  async function serveTwo(logger: Logger) {
    const endpoint = await resources.start(answering(200, 'hello'));
    const endpoints = [await refusedUrl(), endpoint.url];
    return await resources.serve({ endpoints, strategy: 'failover', logger });
  }

  // winston takes `%d` and the like for places of values.
  const send = (url: string) => request(`${url}/%d0%b0?token=secret`, { headers: { Authorization: 'secret' } });

  test('takes pino, which gets the fields as an object', async () => {
    const output = new Lines();
    const { url } = await serveTwo(pino({ base: null }, output));
    await send(url);
    await until(() => output.lines.length, 1);
    const line = JSON.parse(output.lines[0] ?? '');
    expect(line).toMatchObject({ level: 30, method: 'GET', target: '/%d0%b0?...', status: 200, requestId: 1 });
    expect(line.attempts).toMatchObject([
      { outcome: 'failed', reason: 'first', error: 'ERR_BRP_CONNECT' },
      { outcome: 'won', reason: 'failure', status: 200 },
    ]);
    expect(line.msg).toMatch(/^GET \/%d0%b0\?\.\.\. 200 by /);
    expect(output.lines.join('')).not.toContain('secret');
  });

  test('takes winston, which gets them beside the line', async () => {
    const output = new Lines();
    const logger = winston.createLogger({ transports: new winston.transports.Stream({ stream: output }) });
    const { url } = await serveTwo(logger);
    await send(url);
    await until(() => output.lines.length, 1);
    const line = JSON.parse(output.lines[0] ?? '');
    expect(line).toMatchObject({ level: 'info', status: 200, attempts: [{ outcome: 'failed' }, { outcome: 'won' }] });
    expect(line.message).toMatch(/^GET \/%d0%b0\?\.\.\. 200 by /);
    expect(output.lines.join('')).not.toContain('secret');
  });

  test('takes console, which gets the line alone', async () => {
    const info = jest.spyOn(console, 'info').mockImplementation(() => {});
    const { url } = await serveTwo(console);
    await send(url);
    await until(() => info.mock.calls.length, 1);
    expect(info.mock.calls).toEqual([[expect.stringMatching(/^GET \/%d0%b0\?\.\.\. 200 by /)]]);
    info.mockRestore();
  });
});
