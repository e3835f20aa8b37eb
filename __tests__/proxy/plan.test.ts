import { jest } from '@jest/globals';
import { BalancingProxyError, type ErrorCode } from '../../src/errors.ts';
import type { ProxyEvent } from '../../src/events/events.ts';
import { Events } from '../../src/events/proxy-events.ts';
import { Reporter } from '../../src/events/reporter.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { BalancingProxyOptions } from '../../src/options/options.ts';
import { planFor, strategyFor } from '../../src/proxy/plan.ts';
import { HedgeBudget } from '../../src/race/budget.ts';
import { type Strategy, strategyNames } from '../../src/race/strategies/strategies.ts';
import { attempt, candidateNamed, learn } from '../endpoints/candidates.ts';
import { type ClientRequest, clientRequest } from '../http/client-request.ts';

type Options = Omit<BalancingProxyOptions, 'endpoints'>;

const configWith = (options: Options) => resolveOptions({ endpoints: ['http://one.example'], ...options });

describe('the strategy for a request', () => {
  const strategyOf = (options: Options, request: ClientRequest) =>
    strategyFor(clientRequest(request), configWith(options));

  test.each<[string, Options, ClientRequest, Strategy]>([
    ['the default', {}, {}, 'race'],
    ['the default also for a write', {}, { method: 'POST' }, 'race'],
    ['the given one', { strategy: 'hedge' }, {}, 'hedge'],
    ['the given one also for a write', { strategy: 'hedge' }, { method: 'POST' }, 'hedge'],
    ['that of unsafeMethods for a write', { unsafeMethods: 'single' }, { method: 'POST' }, 'single'],
    ['that of unsafeMethods for a patch', { unsafeMethods: 'single' }, { method: 'PATCH' }, 'single'],
    ['that of unsafeMethods for an unknown method', { unsafeMethods: 'single' }, { method: 'PURGE' }, 'single'],
    ['not that of unsafeMethods for a read', { unsafeMethods: 'single' }, { method: 'GET' }, 'race'],
    ['not that of unsafeMethods for a repeatable write', { unsafeMethods: 'single' }, { method: 'PUT' }, 'race'],
    ['not that of unsafeMethods for a QUERY', { unsafeMethods: 'single' }, { method: 'QUERY' }, 'race'],
    [
      'not that of unsafeMethods with an Idempotency-Key',
      { unsafeMethods: 'single' },
      { method: 'POST', headers: ['Idempotency-Key', '"k"'] },
      'race',
    ],
    [
      'that of unsafeMethods with an empty Idempotency-Key',
      { unsafeMethods: 'single' },
      { method: 'POST', headers: ['Idempotency-Key', ''] },
      'single',
    ],
    [
      'that of unsafeMethods with an Idempotency-Key that reaches no endpoint',
      { unsafeMethods: 'single' },
      { method: 'POST', headers: ['Connection', 'close, idempotency-key', 'Idempotency-Key', '"k"'] },
      'single',
    ],
    [
      'what the function says of the request',
      { strategy: (req) => (req.url === '/slow' ? 'hedge' : 'failover') },
      { url: '/slow' },
      'hedge',
    ],
    [
      'what the function says also of a write',
      { strategy: (req) => (req.method === 'POST' ? 'single' : 'race') },
      { method: 'POST' },
      'single',
    ],
    [
      'that of unsafeMethods for a write, whatever the function says',
      { strategy: () => 'hedge', unsafeMethods: 'single' },
      { method: 'POST' },
      'single',
    ],
    [
      'what the function of unsafeMethods says of a write',
      { strategy: 'race', unsafeMethods: ({ url }) => (url === '/search' ? 'hedge' : 'single') },
      { method: 'POST', url: '/search' },
      'hedge',
    ],
  ])('is %s', (_, options, request, expected) => {
    expect(strategyOf(options, request)).toBe(expected);
  });

  test('is not that of unsafeMethods with an Idempotency-Key that middleware has set, whatever Connection names', () => {
    const req = clientRequest({ method: 'POST', headers: ['Connection', 'close, idempotency-key'] });
    req.headers['idempotency-key'] = 'ours';
    expect(strategyFor(req, configWith({ unsafeMethods: 'single' }))).toBe('race');
  });

  const refusing = (): never => {
    throw new Error('asked');
  };
  test.each([
    ['a read', { method: 'GET' }],
    ['a repeatable write', { method: 'PUT' }],
    ['a write with an Idempotency-Key', { method: 'POST', headers: ['Idempotency-Key', '1'] }],
  ])('is found for %s without asking the function of unsafeMethods', (_, request) => {
    expect(strategyOf({ strategy: 'failover', unsafeMethods: refusing }, request)).toBe('failover');
  });

  test('is found for a write without asking the function of strategy', () => {
    expect(strategyOf({ strategy: refusing, unsafeMethods: () => 'single' }, { method: 'POST' })).toBe('single');
  });

  const nonsense = `returned something else than ${strategyNames.join(', ')}`;
  test.each<[string, () => unknown, string, string | undefined]>([
    ['another name', () => 'Race', nonsense, "returned 'Race'"],
    ['the name of a method of all objects', () => 'toString', nonsense, "returned 'toString'"],
    ['undefined', () => undefined, nonsense, 'returned undefined'],
    ['a list', () => ['race'], nonsense, "returned [ 'race' ]"],
    ['a promise', async () => 'race', 'returned a promise: expected the value itself', undefined],
    [
      'a promise that rejects',
      () => Promise.reject(new Error('oops')),
      'returned a promise: expected the value itself',
      undefined,
    ],
  ])('is an error when a function returns %s', (_, choose, problem, why) => {
    for (const option of ['strategy', 'unsafeMethods']) {
      expect(() => strategyOf({ [option]: choose }, { method: 'POST' })).toThrow(
        expect.objectContaining({
          code: 'ERR_BRP_HOOK',
          status: 500,
          message: `option \`${option}\` ${problem}`,
          ...(why !== undefined && { cause: new TypeError(why) }),
        }),
      );
    }
  });

  test.each(['strategy', 'unsafeMethods'])('is an error with its cause when the function of %s throws', (option) => {
    const oops = new Error('oops');
    const choose = () => {
      throw oops;
    };
    expect(() => strategyOf({ [option]: choose }, { method: 'POST' })).toThrow(
      expect.objectContaining({ code: 'ERR_BRP_HOOK', message: `option \`${option}\` threw`, cause: oops }),
    );
  });
});

describe('the plan for a request', () => {
  function plan(options: Options, { isReplayable = true } = {}) {
    const config = configWith(options);
    const budget = new HedgeBudget(config.hedge);
    const events = new Events();
    const seen: ProxyEvent[] = [];
    events.subscribe((event) => seen.push(event));
    const req = clientRequest({});
    return {
      ...planFor(req, {
        config,
        budget,
        reporter: new Reporter(events, { requestId: 1, xRequestId: undefined, req, trustForwarded: undefined }),
        isReplayable,
      }),
      budget,
      seen,
    };
  }

  test.each<{ strategy: Strategy; order: string; isRace: boolean }>([
    { strategy: 'race', order: 'given', isRace: true },
    { strategy: 'hedge', order: 'fastest', isRace: false },
    { strategy: 'failover', order: 'given', isRace: false },
    { strategy: 'single', order: 'given', isRace: false },
  ])('asks for the order $order with $strategy', ({ strategy, order, isRace }) => {
    const { choice, ...more } = plan({ strategy });
    expect(more.strategy).toBe(strategy);
    expect(choice).toEqual({ order, isRace, max: Infinity });
  });

  test.each<Strategy>(['race', 'hedge', 'failover', 'single'])(
    'asks with %s for the order that the options name',
    (strategy) => {
      expect(plan({ strategy, order: 'random' }).choice.order).toBe('random');
    },
  );

  test.each([
    { maxAttempts: undefined, isReplayable: true, max: Infinity },
    { maxAttempts: 2, isReplayable: true, max: 2 },
    { maxAttempts: 2, isReplayable: false, max: 1 },
    { maxAttempts: undefined, isReplayable: false, max: 1 },
  ])('asks for at most $max with maxAttempts $maxAttempts and a body that can be replayed: $isReplayable', (row) => {
    const options: Options = row.maxAttempts === undefined ? {} : { maxAttempts: row.maxAttempts };
    expect(plan(options, row).choice.max).toBe(row.max);
  });

  test.each<[Strategy, number]>([
    ['race', 0],
    ['failover', Infinity],
    ['single', Infinity],
    ['hedge', Infinity],
  ])('has with %s, of an endpoint without data, a delay of %d ms', (strategy, delayMs) => {
    expect(plan({ strategy }).pace.delayMs(candidateNamed('a'))).toBe(delayMs);
  });

  test('has with hedge the learned delay of the endpoint that was tried last', () => {
    const { pace } = plan({ strategy: 'hedge', hedge: { delayMs: 'p95' } });
    const [slow, fast] = [candidateNamed('slow'), candidateNamed('fast')];
    learn(slow.endpoint, 200);
    learn(fast.endpoint, 20);
    expect(pace.delayMs(slow)).toBeCloseTo(200, -1);
    expect(pace.delayMs(fast)).toBeCloseTo(20, 0);
  });

  /** An endpoint that took each of 1 to 1000 ms once. */
  function variousTimes() {
    const candidate = candidateNamed('a');
    for (let ms = 1; ms <= 1_000; ms++) attempt(candidate.endpoint, 'lost', ms);
    return candidate;
  }

  test('has with hedge at first the delay that spends four fifths of the budget, and the 90th percentile once it has hedged', () => {
    const { pace } = plan({ strategy: 'hedge' });
    const candidate = variousTimes();
    expect(pace.delayMs(candidate)).toBeGreaterThan(950);
    expect(pace.leaseHedge?.()).toBeDefined();
    expect(pace.delayMs(candidate) / 900).toBeCloseTo(1, 1);
  });

  test('has with hedge the delay of the first hedge as long as the budget denies it', () => {
    const { pace } = plan({ strategy: 'hedge', hedge: { budgetFloor: 0 } });
    expect(pace.leaseHedge?.()).toBeUndefined();
    expect(pace.delayMs(variousTimes())).toBeGreaterThan(950);
  });

  test('has with hedge no shorter delay once it has hedged where the delay is given', () => {
    const { pace } = plan({ strategy: 'hedge', hedge: { delayMs: 5_000 } });
    pace.leaseHedge?.();
    expect(pace.delayMs(variousTimes())).toBe(5_000);
  });

  test('has with hedge the fixed delay where one is given', () => {
    expect(plan({ strategy: 'hedge', hedge: { delayMs: 50 } }).pace.delayMs(candidateNamed('a'))).toBe(50);
  });

  test.each<Strategy>(['race', 'failover', 'single'])('asks no budget with %s', (strategy) => {
    expect(plan({ strategy }).pace.leaseHedge).toBeUndefined();
  });

  test('takes each hedge out of the budget, and reports it when that is used up', () => {
    const { pace, budget, seen } = plan({ strategy: 'hedge', hedge: { budgetFloor: 1, budgetRatio: 0 } });
    expect(pace.leaseHedge?.()).toBeDefined();
    expect([budget.denied, seen]).toEqual([0, []]);
    expect(pace.leaseHedge?.()).toBeUndefined();
    expect([budget.denied, seen]).toEqual([1, [expect.objectContaining({ type: 'hedge-denied', requestId: 1 })]]);
  });

  test('tells the budget which hedge is the first of its request', () => {
    const { pace, budget } = plan({ strategy: 'hedge', hedge: { budgetFloor: 2 } });
    const withdraw = jest.spyOn(budget, 'withdraw');
    for (let hedge = 0; hedge < 3; hedge++) pace.leaseHedge?.();
    expect(withdraw.mock.calls).toEqual([[true], [false], [false]]);
  });

  test('gives a hedge back to the concurrency cap when its lease ends', () => {
    const { pace } = plan({ strategy: 'hedge', hedge: { budgetFloor: 9, maxConcurrent: 1 } });
    const lease = pace.leaseHedge?.();
    expect(pace.leaseHedge?.()).toBeUndefined();
    lease?.end();
    expect(pace.leaseHedge?.()).toBeDefined();
  });

  test.each<Strategy>(['race', 'hedge', 'failover'])(
    'lets an attempt follow every failure with %s but that of what cannot be sent',
    (strategy) => {
      const { mayFollow } = plan({ strategy }).pace;
      const errors = [undefined, new Error('any'), new BalancingProxyError('ERR_BRP_NO_SOCKET', 'none left')];
      expect(errors.map((error) => mayFollow?.(error))).toEqual([true, true, true]);
      expect(mayFollow?.(new BalancingProxyError('ERR_BRP_UNSENDABLE', 'a space'))).toBe(false);
    },
  );

  test.each<[ErrorCode, boolean]>([
    ['ERR_BRP_CONNECT', true],
    ['ERR_BRP_CONNECT_TIMEOUT', true],
    ['ERR_BRP_NOT_PROCESSED', true],
    ['ERR_BRP_CONNECTION_LOST', false],
    ['ERR_BRP_STALE_CONNECTION', false],
    ['ERR_BRP_RESPONSE_TIMEOUT', false],
    ['ERR_BRP_BAD_RESPONSE', false],
    ['ERR_BRP_HOOK', false],
    ['ERR_BRP_ATTEMPT', false],
  ])('lets an attempt follow, with single, after %s: %s', (code, mayFollow) => {
    expect(plan({ strategy: 'single' }).pace.mayFollow?.(new BalancingProxyError(code, 'why'))).toBe(mayFollow);
  });

  test.each([
    ['a response that is not usable', undefined],
    ['an error that is none of ours', Object.assign(new Error('refused'), { code: 'ERR_BRP_CONNECT' })],
  ])('lets no attempt follow, with single, after %s', (_, error) => {
    expect(plan({ strategy: 'single' }).pace.mayFollow?.(error)).toBe(false);
  });
});
