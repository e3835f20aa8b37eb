import { collectRaces, type FinishedRace } from '../../demo/race-collector.ts';
import type { AttemptReport, Observer, ProxyEvent } from '../../src/index.ts';

/** The events of a request at two endpoints by the names that the tests know them by. */
function eventsOf(requestId: number): Record<string, ProxyEvent> {
  const common = { requestId, method: 'GET', url: '/' };
  const report = (endpoint: string, outcome: AttemptReport['outcome']): AttemptReport => {
    return { endpoint, outcome, startedAfterMs: 0, durationMs: 1 };
  };
  return {
    started: { ...common, type: 'request-started' },
    firstStarted: { ...common, type: 'attempt-started', endpoint: 'a', attempt: 1, reason: 'first' },
    secondStarted: { ...common, type: 'attempt-started', endpoint: 'b', attempt: 2, reason: 'delay' },
    hedgeDenied: { ...common, type: 'hedge-denied' },
    ejected: { type: 'endpoint-ejected', endpoint: 'a', forMs: 1_000 },
    restored: { type: 'endpoint-restored', endpoint: 'a' },
    firstCancelled: { ...common, type: 'attempt-ended', attempt: 1, report: report('a', 'cancelled') },
    secondWon: { ...common, type: 'attempt-ended', attempt: 2, report: report('b', 'won') },
    responding: { ...common, type: 'response-started', status: 200, endpoint: 'b' },
    ended: {
      ...common,
      type: 'request-ended',
      status: 200,
      winner: 'b',
      bytes: 1,
      durationMs: 1,
      attempts: [],
      isBodyStreamed: false,
      strategy: 'race',
      error: undefined,
    },
  };
}

function report(observer: Observer, requestId: number, ...names: string[]): void {
  const events = eventsOf(requestId);
  for (const name of names) {
    const event = events[name];
    if (event) observer(event);
  }
}

const beginning = ['started', 'firstStarted', 'secondStarted', 'secondWon', 'responding'];

describe('collectRaces', () => {
  test.each([
    { last: 'a loser', names: [...beginning, 'ended', 'firstCancelled'] },
    { last: 'the request', names: [...beginning, 'firstCancelled', 'ended'] },
  ])('hands a race over when $last ends last', ({ names }) => {
    const races: FinishedRace[] = [];
    const observer = collectRaces((race) => races.push(race));
    report(observer, 1, ...names.slice(0, -1));
    expect(races).toEqual([]);
    report(observer, 1, ...names.slice(-1));
    expect(races).toHaveLength(1);
    expect(races[0]?.request.winner).toBe('b');
    expect(races[0]?.servedBy).toBe('b');
  });

  test('lists the attempts in the order of their starts', () => {
    const races: FinishedRace[] = [];
    report(
      collectRaces((race) => races.push(race)),
      1,
      ...beginning,
      'ended',
      'firstCancelled',
    );
    expect(races[0]?.attempts.map(({ endpoint }) => endpoint)).toEqual(['a', 'b']);
  });

  test('keeps requests apart that run at the same time', () => {
    const finished: number[] = [];
    const observer = collectRaces(({ request }) => finished.push(request.requestId));
    report(observer, 1, ...beginning);
    report(observer, 2, ...beginning, 'ended', 'firstCancelled');
    expect(finished).toEqual([2]);
    report(observer, 1, 'ended', 'firstCancelled');
    expect(finished).toEqual([2, 1]);
  });

  test('is not disturbed by what happens to endpoints', () => {
    const races: FinishedRace[] = [];
    const observer = collectRaces((race) => races.push(race));
    report(observer, 1, 'ejected', ...beginning, 'restored', 'hedgeDenied', 'firstCancelled', 'ejected', 'ended');
    expect(races.map(({ attempts }) => attempts.length)).toEqual([2]);
  });

  test('hands over a request without any attempt', () => {
    const races: FinishedRace[] = [];
    report(
      collectRaces((race) => races.push(race)),
      1,
      'started',
      'ended',
    );
    expect(races[0]?.attempts).toEqual([]);
  });

  test('passes over a request that had begun before it listened', () => {
    const races: FinishedRace[] = [];
    report(
      collectRaces((race) => races.push(race)),
      1,
      'firstCancelled',
      'ended',
    );
    expect(races).toEqual([]);
  });
});
