import v8 from 'node:v8';
import vm from 'node:vm';
import { jest } from '@jest/globals';
import { BalancingProxyError } from '../../../../src/index.ts';
import { RaceMemory } from '../../../../src/observers/dashboard/history/race-memory.ts';
import { reportOf, requestEnded } from '../fake-source.ts';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

afterEach(() => void jest.restoreAllMocks());

function raceOf(details: Parameters<typeof requestEnded>[0]) {
  const sample = new RaceMemory();
  sample.add(requestEnded(details));
  return sample.take().races[0];
}

describe('RaceMemory', () => {
  test('hands over what came since the last time', () => {
    const sample = new RaceMemory();
    sample.add(requestEnded({ url: '/1' }));
    sample.add(requestEnded({ url: '/2' }));
    expect(sample.take().races.map(({ path }) => path)).toEqual(['/1', '/2']);
    sample.add(requestEnded({ url: '/3' }));
    expect(sample.take().races.map(({ path }) => path)).toEqual(['/3']);
    expect(sample.take()).toEqual({ races: [], moreRaces: 0 });
  });

  test('keeps the last fifty for those who come later, whoever was shown them before', () => {
    const memory = new RaceMemory();
    for (let i = 1; i <= 130; i++) {
      memory.add(requestEnded({ url: `/${i}` }));
      if (i < 100) memory.take();
    }
    const paths = memory.latest.map(({ path }) => path);
    expect(paths).toEqual(Array.from({ length: 50 }, (_, index) => `/${index + 81}`));
  });

  test('keeps few, and in their order', () => {
    const memory = new RaceMemory();
    for (const url of ['/1', '/2', '/3']) memory.add(requestEnded({ url }));
    expect(memory.latest.map(({ path }) => path)).toEqual(['/1', '/2', '/3']);
  });

  test('takes few of others in', () => {
    const memories = [new RaceMemory(), new RaceMemory()] as const;
    for (const memory of memories) memory.add(requestEnded());
    memories[0].addLatest(memories[1].latest);
    memories[0].add(requestEnded({ url: '/last' }));
    expect(memories[0].latest.map(({ path }) => path)).toEqual(['/hello', '/hello', '/last']);
  });

  test('takes the latest of others in, by the time of their ends, each under a number of its own', () => {
    jest.useFakeTimers();
    const memories = [new RaceMemory(), new RaceMemory(), new RaceMemory()];
    for (let i = 1; i <= 90; i++) {
      memories[i % 3]?.add(requestEnded({ url: `/${i}` }));
      jest.advanceTimersByTime(1);
    }
    const [memory, ...others] = memories as [RaceMemory, ...RaceMemory[]];
    for (const { latest } of others) memory.addLatest(structuredClone(latest));
    memory.add(requestEnded({ url: '/91' }));
    const { latest } = memory;
    expect(latest.map(({ path }) => path)).toEqual(Array.from({ length: 50 }, (_, index) => `/${index + 42}`));
    const ids = latest.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(50);
    jest.useRealTimers();
  });

  test('keeps of a race no more than little, whatever the client sends', () => {
    const memory = new RaceMemory();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 50; i++) {
      // Texts of their own, as requests have them.
      const url = Buffer.from(`/${'p'.repeat(100)}?${'x'.repeat(1_000_000)}${i}`).toString();
      memory.add(requestEnded({ url, method: Buffer.from('M'.repeat(100_000)).toString() }));
    }
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
    expect(memory.latest[0]).toMatchObject({ path: `/${'p'.repeat(100)}`, method: `${'M'.repeat(20)}…` });
  });

  test('takes ten of very many, in their order, and says how many it left out', () => {
    const sample = new RaceMemory();
    for (let i = 0; i < 1_000; i++) sample.add(requestEnded());
    const { races, moreRaces } = sample.take();
    const ids = races.map(({ id }) => id);
    expect(ids).toHaveLength(10);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(10);
    expect(moreRaces).toBe(990);
  });

  test('gives the last of many the same chance as the first', () => {
    const sample = new RaceMemory();
    jest.spyOn(Math, 'random').mockReturnValue(0.5 / 20);
    for (let i = 0; i < 20; i++) sample.add(requestEnded({ url: `/${i}` }));
    expect(sample.take().races.map(({ path }) => path)).toContain('/19');
  });

  test.each([
    ['/users?token=secret', '/users'],
    ['/users#secret', '/users'],
    ['http://joe:secret@one.example/users?token=secret', '/users'],
    ['//secret@x/y', '//secret@x/y'],
    ['*', '*'],
    ['http://[', '…'],
  ])('shows of the target %s no more than %s', (url, path) => {
    expect(raceOf({ url })?.path).toBe(path);
  });

  test('cuts a path that is very long', () => {
    expect(raceOf({ url: `/${'x'.repeat(5_000)}` })?.path).toBe(`/${'x'.repeat(199)}…`);
  });

  test('tells what happened to the request and to every attempt', () => {
    const cause = new BalancingProxyError('ERR_BRP_CONNECT', 'refused');
    const race = raceOf({
      durationMs: 12.3456,
      attempts: [
        reportOf({ outcome: 'failed', error: cause, durationMs: 1.26 }),
        reportOf({ endpoint: 'two', reason: 'failure', status: 200, startedAfterMs: 1.31, headAfterMs: 2.54 }),
      ],
    });
    expect(race).toEqual({
      id: 1,
      endedAt: expect.any(Number),
      method: 'GET',
      path: '/hello',
      status: 200,
      servedBy: 'one',
      isPassedOn: false,
      hasWinner: true,
      resumes: 0,
      strategy: 'race',
      error: null,
      durationMs: 12.3,
      moreAttempts: 0,
      attempts: [
        {
          endpoint: 'one',
          reason: 'first',
          outcome: 'failed',
          status: null,
          error: 'ERR_BRP_CONNECT',
          brokeOff: null,
          startedAfterMs: 0,
          heldMs: null,
          durationMs: 1.3,
        },
        {
          endpoint: 'two',
          reason: 'failure',
          outcome: 'won',
          status: 200,
          error: null,
          brokeOff: null,
          startedAfterMs: 1.3,
          heldMs: 7.5,
          durationMs: 10,
        },
      ],
    });
  });

  test('tells where a body broke off, and who went on with it', () => {
    const error = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'lost');
    const race = raceOf({
      resumes: 1,
      attempts: [
        reportOf({ error, brokeOff: { afterMs: 100.123, atByte: 81_920 } }),
        reportOf({ endpoint: 'two', reason: 'resume', outcome: 'resumed', status: 206, startedAfterMs: 100.2 }),
      ],
    });
    expect(race).toMatchObject({
      resumes: 1,
      attempts: [
        { outcome: 'won', error: 'ERR_BRP_CONNECTION_LOST', brokeOff: { afterMs: 100.1, atByte: 81_920 } },
        { reason: 'resume', outcome: 'resumed', status: 206, error: null, brokeOff: null },
      ],
    });
  });

  test('tells of a request that ended without a response', () => {
    const error = new BalancingProxyError('ERR_BRP_NO_ENDPOINT', 'none');
    const ended = {
      status: undefined,
      winner: undefined,
      servedBy: undefined,
      strategy: undefined,
      attempts: [],
      error,
    };
    const expected = {
      status: null,
      servedBy: null,
      hasWinner: false,
      strategy: null,
      error: error.code,
      attempts: [],
    };
    expect(raceOf(ended)).toMatchObject(expected);
  });

  test('tells that others were to answer', () => {
    expect(raceOf({ outcome: 'passed-on', status: undefined, winner: undefined })).toMatchObject({
      isPassedOn: true,
      status: null,
    });
  });

  test('says nothing of the error with which a loser was cancelled', () => {
    const error = new BalancingProxyError('ERR_BRP_ATTEMPT', 'aborted');
    expect(raceOf({ attempts: [reportOf({ outcome: 'cancelled', error })] })?.attempts[0]?.error).toBeNull();
  });

  test('lists sixteen of very many attempts, and the winner', () => {
    const losers = Array.from({ length: 30 }, (_, index) => reportOf({ endpoint: `${index}`, outcome: 'cancelled' }));
    const race = raceOf({ attempts: [...losers, reportOf({ endpoint: 'winner' })] });
    expect(race?.attempts).toHaveLength(17);
    expect(race?.attempts.at(-1)?.endpoint).toBe('winner');
    expect(race?.moreAttempts).toBe(14);
  });

  test('lists of the attempts that went on with the body sixteen besides, with the winner among them', () => {
    const failed = Array.from({ length: 30 }, () => reportOf({ reason: 'resume', outcome: 'failed' }));
    const resumed = Array.from({ length: 1_000 }, () => reportOf({ reason: 'resume', outcome: 'resumed' }));
    const race = raceOf({ attempts: [...failed, reportOf({}), ...resumed] });
    expect(race?.attempts.map(({ outcome }) => outcome)).toEqual([
      ...Array(16).fill('failed'),
      'won',
      ...Array(15).fill('resumed'),
    ]);
    expect(race?.moreAttempts).toBe(999);
  });
});
