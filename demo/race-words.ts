import type { AttemptReport, RequestEnded } from '../src/index.ts';

/** Says of an attempt what its bar does not show, if there is anything. */
export type DescribeAttempt = (report: AttemptReport) => string | undefined;

/** A line in words for each attempt of which there is something to say. */
export function wordsFor({ attempts }: RequestEnded, describe: DescribeAttempt): readonly string[] {
  return attempts.flatMap((report) => {
    const words = describe(report);
    return words === undefined ? [] : [`  ${report.endpoint} ${words}`];
  });
}

/** For answers that are held until they are whole. */
export const describeHeld: DescribeAttempt = ({ status, reason, error, brokeOff }) => {
  const isHeld = status !== undefined && reason !== 'resume' && brokeOff === undefined;
  if (!isHeld || error?.code !== 'ERR_BRP_CONNECTION_LOST') return undefined;
  return 'broke off while its answer was held, so the client got nothing of it';
};

/** For token streams, which win at their first event. */
export const describeStream: DescribeAttempt = ({ outcome, status, startedAfterMs, durationMs }) => {
  const afterMs = Math.round(startedAfterMs + durationMs);
  if (outcome === 'won') return `sent its first event after ${afterMs} ms, and only then the client got a head`;
  if (outcome === 'unusable') return 'was refused by isUsable, as its first event is an error';
  if (outcome === 'cancelled' && status !== undefined) return 'had sent its head by then, but no event';
  return undefined;
};

/** For a backup that is alone in its tier. @param name the backup's. @param describe what is said of all other attempts. */
export function describeBackup(name: string, describe: DescribeAttempt): DescribeAttempt {
  return (report) => {
    if (report.endpoint !== name) return describe(report);
    if (report.reason === 'tier') return 'was asked because nobody of tier 0 was of help';
    return report.reason === 'first' ? 'was asked at once because all of tier 0 are left out for a while' : undefined;
  };
}
