import { describeBackup, describeHeld, describeStream } from '../../demo/race-words.ts';
import { type AttemptReport, BalancingProxyError } from '../../src/index.ts';

const report: AttemptReport = {
  endpoint: 'a',
  reason: 'first',
  outcome: 'won',
  status: 200,
  startedAfterMs: 10,
  durationMs: 590.4,
  discardedBytes: 0,
};

const error = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'broken');

describe('describeStream', () => {
  test.each<[string, Partial<AttemptReport>, string | undefined]>([
    ['the winner', {}, 'sent its first event after 600 ms, and only then the client got a head'],
    ['one that was refused', { outcome: 'unusable' }, 'was refused by isUsable, as its first event is an error'],
    ['one that has sent its head alone', { outcome: 'cancelled' }, 'had sent its head by then, but no event'],
  ])('tells of %s', (_, changes, words) => {
    expect(describeStream({ ...report, ...changes })).toBe(words);
  });

  test('says nothing of one that never answered', () => {
    const { status: _, ...unanswered } = report;
    expect(describeStream({ ...unanswered, outcome: 'cancelled' })).toBeUndefined();
  });
});

describe('describeHeld', () => {
  test('tells of one that broke off before the client had anything', () => {
    const words = describeHeld({ ...report, outcome: 'failed', error });
    expect(words).toBe('broke off while its answer was held, so the client got nothing of it');
  });

  test.each<[string, Partial<AttemptReport>]>([
    ['one that won', {}],
    ['a winner that broke off later', { error, brokeOff: { afterMs: 20, atByte: 1 } }],
    ['one that could not go on', { outcome: 'failed', reason: 'resume', error }],
    ['one that was whole and unusable', { outcome: 'unusable', status: 500 }],
    ['one that could not be judged', { outcome: 'failed', error: new BalancingProxyError('ERR_BRP_NOT_JUDGED', 'no') }],
  ])('says nothing of %s', (_, changes) => {
    expect(describeHeld({ ...report, ...changes })).toBeUndefined();
  });

  test('says nothing of one that broke off before its head', () => {
    const { status: _, ...unanswered } = report;
    expect(describeHeld({ ...unanswered, outcome: 'failed', error })).toBeUndefined();
  });
});

describe('describeBackup', () => {
  const describeAttempt = describeBackup('backup', describeHeld);

  test.each<[string, Partial<AttemptReport>, string | undefined]>([
    ['of a backup why it was asked', { reason: 'tier' }, 'was asked because nobody of tier 0 was of help'],
    ['of one asked at once why', {}, 'was asked at once because all of tier 0 are left out for a while'],
    ['nothing of one that went on with a body', { reason: 'resume', outcome: 'resumed' }, undefined],
  ])('says %s', (_, changes, words) => {
    expect(describeAttempt({ ...report, endpoint: 'backup', ...changes })).toBe(words);
  });

  test('says of the others what is said without a backup', () => {
    expect(describeAttempt(report)).toBeUndefined();
    expect(describeAttempt({ ...report, outcome: 'failed', error })).toMatch(/^broke off while/);
  });
});
