import { jest } from '@jest/globals';
import type { Candidate } from '../../src/endpoints/candidate.ts';
import { type Choice, EndpointStages } from '../../src/endpoints/stages.ts';
import { BalancingProxyError, type ErrorCode } from '../../src/errors.ts';
import type { AttemptReport } from '../../src/events/events.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { BalancingProxyOptions } from '../../src/options/options.ts';
import { RequestStages } from '../../src/proxy/request-stages.ts';
import { candidateNamed } from '../endpoints/candidates.ts';
import { type ClientRequest, clientRequest } from '../http/client-request.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

interface Setup extends Omit<BalancingProxyOptions, 'endpoints'> {
  readonly request?: ClientRequest;
  readonly tiers?: string;
  readonly isStreamed?: boolean;
  readonly pace?: { readonly stageDelayMs?: number };
  readonly choice?: Partial<Choice>;
}

type End = ErrorCode | number;

/** The stages of a request whose attempts end as the test says. Endpoints are letters, the tiers parted by blanks. */
function startStages({ request = {}, tiers = 'ab', isStreamed = false, pace, choice, ...options }: Setup = {}) {
  const startedAt = performance.now();
  const candidates = tiers
    .split(' ')
    .flatMap((names, tier) => [...names].map((name) => ({ ...candidateNamed(name), tier })));
  const attempts: AttemptReport[] = [];
  const broken: Candidate[] = [];
  const renewSpares = jest.fn();
  const chosen = new EndpointStages(candidates, { order: 'given', max: Infinity, isRace: false, ...choice }, 1);
  const req = clientRequest(request);
  const stages = new RequestStages(
    {
      req,
      get elapsedMs() {
        return performance.now() - startedAt;
      },
      renewSpares,
      body: { isStreamed },
      ledger: {
        get count() {
          return attempts.length;
        },
        reports: (before) => attempts.slice(before),
        brokenCandidates: () => (broken.length === attempts.length ? broken : []),
      },
    },
    {
      chosen,
      pace: { delayMs: () => Infinity, ...pace },
      outgoing: { method: req.method ?? 'GET' },
      config: resolveOptions({ endpoints: ['http://one.example'], retry: { forMs: 1_000, everyMs: 250 }, ...options }),
    },
  );
  const course = stages.course();
  const named = (name: string) => candidates.find(({ endpoint }) => endpoint.name === name) as Candidate;
  return {
    course,
    renewSpares,
    endpoint: (name: string) => named(name).endpoint,
    /** Lets these be asked, and each attempt end in this way. */
    ask: (names: string, end: End, { isBroken = false } = {}) => {
      for (const name of names) {
        course.started?.(named(name));
        attempts.push(reportOf(name, end));
        if (isBroken) broken.push(named(name));
      }
    },
    /** The names of the next stage, or its pause. */
    next: (isByTime = false) => {
      const next = course.nextStage?.(isByTime);
      return typeof next === 'object'
        ? { names: namesOf(next.candidates), reason: next.reason, opensFor: next.opensFor }
        : next;
    },
  };
}

const namesOf = (candidates: Iterable<Candidate>) => [...candidates].map(({ endpoint }) => endpoint.name).join('');

function reportOf(endpoint: string, end: End): AttemptReport {
  const report = { endpoint, reason: 'first', startedAfterMs: 0, durationMs: 1, discardedBytes: 0 } as const;
  if (typeof end === 'number') return { ...report, outcome: 'unusable', status: end };
  return { ...report, outcome: 'failed', error: new BalancingProxyError(end, 'why') };
}

const post: ClientRequest = { method: 'POST' };
const postWithKey: ClientRequest = { method: 'POST', headers: ['Idempotency-Key', '"k"'] };

describe('the stages of a request', () => {
  test('begin with its first tier', () => {
    const { course } = startStages({ tiers: 'ab c' });
    expect(namesOf(course.candidates)).toBe('ab');
  });

  test('are further tiers, which say so, and the last resort, which is asked after failures', () => {
    const { next, endpoint, ask } = startStages({ tiers: 'ab c' });
    endpoint('b').coolDown(60_000);
    ask('a', 500);
    expect(next()).toEqual({ names: 'c', reason: undefined, opensFor: 'tier' });
    ask('c', 500);
    expect(next()).toEqual({ names: 'b', reason: undefined, opensFor: 'failure' });
  });

  test('are none where nobody may be asked', () => {
    const { course, next } = startStages({ tiers: '' });
    expect(namesOf(course.candidates)).toBe('');
    expect(next()).toBeUndefined();
  });

  test.each([
    ['tierDelayMs', 'a b', {}, 50],
    ['what the strategy says instead', 'a b', { stageDelayMs: Infinity }, Infinity],
    ['nothing where there is one tier', 'ab', {}, undefined],
  ])('open by time after %s', (_, tiers, pace, expected) => {
    expect(startStages({ tiers, pace, tierDelayMs: 50 }).course.stageDelayMs).toBe(expected);
  });

  test('are no pause when they open by time', () => {
    const { next, ask } = startStages({ tiers: 'a' });
    ask('a', 'ERR_BRP_CONNECT');
    expect(next(true)).toBeUndefined();
    expect(next()).toBe(250);
  });
});

describe('a round of retry', () => {
  test.each<[string, ClientRequest, End, number | undefined]>([
    ['GET', {}, 'ERR_BRP_CONNECT', 250],
    ['GET', {}, 'ERR_BRP_CONNECTION_LOST', 250],
    ['GET', {}, 503, 250],
    ['GET', {}, 500, undefined],
    ['GET', {}, 'ERR_BRP_RESPONSE_TIMEOUT', undefined],
    ['POST', post, 'ERR_BRP_CONNECT', 250],
    ['POST', post, 'ERR_BRP_NOT_PROCESSED', 250],
    ['POST', post, 'ERR_BRP_CONNECTION_LOST', undefined],
    ['POST', post, 503, undefined],
    ['POST with a key', postWithKey, 'ERR_BRP_CONNECTION_LOST', 250],
    ['POST with a key', postWithKey, 503, 250],
  ])('follows a %s %j that ended with %s after %s ms', (_, request, end, waitMs) => {
    const { next, ask } = startStages({ request });
    ask('ab', end);
    expect(next()).toBe(waitMs);
  });

  test('does not follow when one of the attempts was of another kind', () => {
    const { next, ask } = startStages();
    ask('a', 'ERR_BRP_CONNECT');
    ask('b', 500);
    expect(next()).toBeUndefined();
  });

  test.each<[string, Setup]>([
    ['a body that is streamed', { isStreamed: true }],
    ['no time for it', { retry: { forMs: 0 } }],
    ['no time until it', { retry: { forMs: 249, everyMs: 250 } }],
  ])('does not follow with %s', (_, setup) => {
    const { next, ask } = startStages(setup);
    ask('ab', 'ERR_BRP_CONNECT');
    expect(next()).toBeUndefined();
  });

  test('does not follow when nobody was asked at first, because all are full', () => {
    const { next, endpoint } = startStages();
    for (const name of 'ab') endpoint(name).maxInFlight = 0;
    expect(next()).toBeUndefined();
  });

  test('does not follow when all are drained meanwhile', () => {
    const { next, ask, endpoint } = startStages({ retry: { forMs: Infinity } });
    ask('ab', 503);
    for (const name of 'ab') endpoint(name).drain();
    expect(next()).toBeUndefined();
  });

  test('asks all tiers again, and lets go of the spares before', () => {
    const { next, ask, renewSpares } = startStages({ tiers: 'ab c' });
    ask('ab', 503);
    next();
    ask('c', 503);
    expect(next()).toBe(250);
    expect(renewSpares).not.toHaveBeenCalled();
    expect(next()).toEqual({ names: 'ab', reason: 'retry', opensFor: 'tier' });
    expect(next()).toEqual({ names: 'c', reason: 'retry', opensFor: 'tier' });
    expect(renewSpares).toHaveBeenCalledTimes(1);
  });

  test('is followed by another one, everyMs from its own beginning', () => {
    const { next, ask } = startStages();
    ask('ab', 503);
    jest.advanceTimersByTime(next() as number);
    next();
    jest.advanceTimersByTime(100);
    ask('ab', 503);
    expect(next()).toBe(150);
  });

  test('is followed at once when it took longer', () => {
    const { next, ask } = startStages();
    jest.advanceTimersByTime(300);
    ask('ab', 503);
    expect(next()).toBe(0);
  });

  test('is judged by its own attempts alone', () => {
    const { next, ask } = startStages({ request: post });
    ask('ab', 'ERR_BRP_CONNECT');
    next();
    next();
    ask('a', 'ERR_BRP_CONNECT');
    ask('b', 503);
    expect(next()).toBeUndefined();
  });

  test('is followed by another one when nobody could be asked in it', () => {
    const { next, ask, endpoint } = startStages();
    ask('ab', 503);
    next();
    for (const name of 'ab') endpoint(name).coolDown(100);
    jest.advanceTimersByTime(50);
    expect(next()).toBe(250);
  });

  test('waits until somebody has cooled down', () => {
    const { next, ask, endpoint } = startStages();
    ask('ab', 503);
    endpoint('a').coolDown(700);
    endpoint('b').coolDown(600);
    expect(next()).toBe(601);
    jest.advanceTimersByTime(601);
    expect(next()).toMatchObject({ names: 'b', reason: 'retry' });
  });

  test('does not follow when all cool down for longer', () => {
    const { next, ask, endpoint } = startStages();
    ask('ab', 503);
    for (const name of 'ab') endpoint(name).coolDown(1_000);
    expect(next()).toBeUndefined();
  });

  test.each<[string, Partial<Setup>]>([
    ['with the time since the coming of the request', {}],
    ['before the total time is up', { retry: { forMs: 9_000, everyMs: 250 }, timeouts: { totalMs: 1_000 } }],
  ])('ends %s', (_, options) => {
    const { next, ask } = startStages(options);
    const pauses: unknown[] = [];
    for (let round = 0; round < 5; round++) {
      ask('ab', 'ERR_BRP_CONNECT');
      const pause = next();
      pauses.push(pause);
      jest.advanceTimersByTime(250);
      next();
    }
    expect(pauses).toEqual([250, 250, 250, 250, undefined]);
  });

  test('asks as many as a round may', () => {
    const { course, next, ask } = startStages({ choice: { max: 1 } });
    ask('a', 503);
    next();
    const stage = course.nextStage?.(false);
    if (typeof stage !== 'object') throw new Error('there is no round');
    ask('a', 503);
    expect([...stage.candidates].map((candidate) => stage.mayStart?.(candidate))).toEqual([false, false]);
  });
});

describe('endpoints that all broke off within their holds', () => {
  test('are asked once more', () => {
    const { next, ask } = startStages({ retry: { forMs: 0 } });
    ask('ab', 'ERR_BRP_CONNECTION_LOST', { isBroken: true });
    expect(next()).toEqual({ names: 'ab', reason: 'retry', opensFor: undefined });
    ask('ab', 'ERR_BRP_CONNECTION_LOST', { isBroken: true });
    expect(next()).toBeUndefined();
  });

  test('are asked once more before the first round of retry', () => {
    const { next, ask } = startStages();
    ask('ab', 'ERR_BRP_CONNECTION_LOST', { isBroken: true });
    expect(next()).toMatchObject({ names: 'ab' });
    expect(next()).toBe(250);
  });

  test('are not asked when they are drained meanwhile', () => {
    const { course, ask, endpoint } = startStages();
    ask('ab', 'ERR_BRP_CONNECTION_LOST', { isBroken: true });
    const stage = course.nextStage?.(false);
    endpoint('a').drain();
    if (typeof stage !== 'object') throw new Error('there is no stage');
    expect([...stage.candidates].map((candidate) => stage.mayStart?.(candidate))).toEqual([false, true]);
  });

  test.each<[string, Setup]>([
    ['of a POST', { request: post }],
    ['of a HEAD', { request: { method: 'HEAD' } }],
    ['of a streamed body', { isStreamed: true }],
    ['where bodies are not resumed', { resume: 'off' }],
    ['where no break is mended', { maxResumes: 0 }],
    ['of one endpoint', { tiers: 'a' }],
  ])('are not asked once more %s', (_, { tiers = 'ab', ...setup }) => {
    const { next, ask } = startStages({ tiers, retry: { forMs: 0 }, ...setup });
    ask(tiers, 'ERR_BRP_CONNECTION_LOST', { isBroken: true });
    expect(next()).toBeUndefined();
  });
});
