import { drawRace, type Paint } from '../../demo/race-lines.ts';
import { type AttemptReport, BalancingProxyError, type RequestEnded } from '../../src/index.ts';
import { reportedEnd } from '../events/reported-end.ts';

const plain: Paint = (_color, text) => text;

function attempt(outcome: AttemptReport['outcome'], details: Partial<AttemptReport> = {}): AttemptReport {
  return {
    endpoint: 'http://a',
    reason: 'first',
    outcome,
    startedAfterMs: 0,
    durationMs: 100,
    discardedBytes: 0,
    ...details,
  };
}

function raceOf(request: Partial<RequestEnded>, attempts: readonly AttemptReport[] = []): RequestEnded {
  return reportedEnd({
    type: 'request-ended',
    requestId: 12,
    method: 'GET',
    url: '/hello',
    status: 200,
    winner: undefined,
    servedBy: 'http://a',
    resumes: 0,
    bytes: 0,
    durationMs: 143.4,
    attempts,
    isBodyStreamed: false,
    strategy: 'race',
    error: undefined,
    ...request,
  });
}

function draw(race: RequestEnded): string[] {
  return drawRace(race, { scaleMs: 400, paint: plain });
}

describe('drawRace', () => {
  test.each([
    { what: 'the winner', request: { winner: 'http://b' }, line: '200 by http://b in 143 ms' },
    {
      what: 'the endpoint that was forwarded though nobody won',
      request: { status: 500 },
      line: '500 of http://a, as nobody won, in 143 ms',
    },
    {
      what: 'that the client went away',
      request: { status: undefined, error: new BalancingProxyError('ERR_BRP_CLIENT_GONE', 'gone') },
      line: 'nothing, the client went away in 143 ms',
    },
    {
      what: 'the error where there was one',
      request: { status: undefined, error: new BalancingProxyError('ERR_BRP_EXHAUSTED', 'none') },
      line: '502, ERR_BRP_EXHAUSTED, in 143 ms',
    },
    {
      what: 'a request that others answer',
      request: { outcome: 'passed-on' as const, winner: undefined, servedBy: undefined, status: undefined },
      line: 'passed on, as nobody won, in 143 ms',
    },
  ])('names $what', ({ request, line }) => {
    expect(draw(raceOf(request))).toEqual([`#12 GET /hello -> ${line}`]);
  });

  test('draws the attempts on one time scale, each from its start', () => {
    const attempts = [
      attempt('unusable', { status: 500 }),
      attempt('won', { endpoint: 'http://bb', status: 200, startedAfterMs: 100, durationMs: 300 }),
    ];
    const [, ...lines] = draw(raceOf({}, attempts));
    expect(lines).toEqual([
      `  http://a  ${'▒'.repeat(10)}${' '.repeat(30)}   100 ms  unusable 500`,
      `  http://bb ${' '.repeat(10)}${'█'.repeat(30)}   300 ms  won 200`,
    ]);
  });

  test('stretches the scale for a race that took longer', () => {
    const attempts = [attempt('cancelled', { durationMs: 800 }), attempt('won', { durationMs: 400 })];
    const [, cancelled, won] = draw(raceOf({}, attempts));
    expect(cancelled).toContain('░'.repeat(40));
    expect(won).toContain(` ${'█'.repeat(20)} `);
  });

  test('gives even the shortest attempt a cell', () => {
    const [, line] = draw(raceOf({}, [attempt('won', { durationMs: 0 })]));
    expect(line).toContain('█');
  });

  test('says why an attempt failed, and nothing more of one that was cancelled', () => {
    const error = new BalancingProxyError('ERR_BRP_CONNECT', 'refused');
    const [, failed, cancelled] = draw(raceOf({}, [attempt('failed', { error }), attempt('cancelled', { error })]));
    expect(failed).toMatch(/failed ERR_BRP_CONNECT$/);
    expect(cancelled).toMatch(/cancelled$/);
  });

  test('says how long a response was held before it won', () => {
    const [, won, cancelled, silent] = draw(
      raceOf({}, [
        attempt('won', { status: 200, headAfterMs: 60.5 }),
        attempt('lost', { status: 200, headAfterMs: 99.5 }),
        attempt('cancelled', { status: 200, headAfterMs: 10 }),
      ]),
    );
    expect(won).toMatch(/won 200, 39 ms after its head$/);
    expect(cancelled).toMatch(/lost 200$/);
    expect(silent).toMatch(/cancelled 200, 90 ms after its head$/);
  });

  test('draws a body that broke off as a bar that goes on in other lines, and says after how many bytes', () => {
    const error = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'lost');
    const resume = { reason: 'resume', startedAfterMs: 200 } as const;
    const lines = draw(
      raceOf({ winner: 'http://a', servedBy: 'http://c', resumes: 1, durationMs: 400 }, [
        attempt('won', { status: 200, error, brokeOff: { afterMs: 200, atByte: 81_920 } }),
        attempt('failed', { ...resume, endpoint: 'http://b', error, durationMs: 10 }),
        attempt('resumed', { ...resume, endpoint: 'http://c', status: 206, headAfterMs: 5, durationMs: 10 }),
      ]),
    );
    expect(lines).toEqual([
      '#12 GET /hello -> 200 by http://a, resumed once, in 400 ms',
      `  http://a ${'█'.repeat(20)}${' '.repeat(20)}   200 ms  won 200, broke off after 81920 bytes: ERR_BRP_CONNECTION_LOST`,
      `  http://b ${' '.repeat(20)}▒${' '.repeat(19)}    10 ms  (resume) failed ERR_BRP_CONNECTION_LOST`,
      `  http://c ${' '.repeat(20)}${'█'.repeat(20)}   200 ms  resumed 206 after 81920 bytes`,
    ]);
  });

  test.each<[AttemptReport['reason'], string]>([
    ['first', 'won 200'],
    ['race', 'won 200'],
    ['hedge', '(hedge) won 200'],
    ['failure', '(failure) won 200'],
    ['tier', '(tier) won 200'],
    ['retry', '(retry) won 200'],
  ])('says of an attempt with the reason %s: %s', (reason, words) => {
    const [, line] = draw(raceOf({}, [attempt('won', { reason, status: 200 })]));
    expect(line?.slice(line.indexOf(' ms  ') + 5)).toBe(words);
  });

  test('paints a line in the colour of its outcome', () => {
    const marking: Paint = (color, text) => `<${color}>${text}</>`;
    const [, line] = drawRace(raceOf({}, [attempt('won', { status: 200 })]), { scaleMs: 400, paint: marking });
    expect(line).toContain(`<green>${'█'.repeat(10)}</>`);
    expect(line).toMatch(/<green>won 200<\/>$/);
  });
});
