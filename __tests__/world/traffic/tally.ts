import type { Ending } from './client.ts';
import type { PlannedRequest } from './mixed-requests.ts';

/** How the answers to many requests were. */
export interface Tally {
  right: number;
  /** Ended cleanly, with another content than was to come. */
  wrong: number;
  /** An error in place of the answer, an answer that broke off, or none at all. */
  lost: number;
  /** Left by the client itself. */
  left: number;
  bytes: number;
  /** What was wrong with the first ones. */
  readonly complaints: string[];
}

const maxComplaints = 40;

export function emptyTally(): Tally {
  return { right: 0, wrong: 0, lost: 0, left: 0, bytes: 0, complaints: [] };
}

export function record(tally: Tally, planned: PlannedRequest, ending: Ending): void {
  const [verdict, why] = judged(planned, ending);
  tally[verdict]++;
  tally.bytes += ending.bytes;
  if (verdict === 'right' || verdict === 'left' || tally.complaints.length >= maxComplaints) return;
  const { method, path, body } = planned;
  const size = body ? ` of ${body.length} bytes` : '';
  tally.complaints.push(`${verdict}: ${method} ${path}${size}: ${why}`);
}

type Verdict = 'right' | 'wrong' | 'lost' | 'left';

function judged({ expected, leaveAfterMs }: PlannedRequest, ending: Ending): [Verdict, string?] {
  const { how, status, bytes, digest, trailer, text } = ending;
  if (how !== 'clean') {
    const isOwnDoing = leaveAfterMs !== undefined && how === 'left';
    return isOwnDoing ? ['left'] : ['lost', `${how} after ${bytes} of ${expected.bytes} bytes`];
  }
  if (status !== expected.status) return ['lost', `status ${status} ${text.slice(0, 80)}`];
  if (bytes !== expected.bytes) return ['wrong', `a clean end after ${bytes} of ${expected.bytes} bytes`];
  if (digest !== expected.digest) return ['wrong', 'other bytes'];
  if (expected.trailer !== undefined && trailer !== expected.trailer) return ['wrong', `the trailer ${trailer}`];
  return ['right'];
}
