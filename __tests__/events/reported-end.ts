import type { RequestEnded } from '../../src/events/events.ts';
import { finalStatusOf } from '../../src/events/reporter.ts';
import { requestOutcomeOf } from '../../src/events/request-outcome.ts';

/** The end of a request, of which a test says no more than it wants; of the outcomes `passed-on` alone counts. */
export type SaidEnd = Omit<RequestEnded, 'finalStatus' | 'outcome' | keyof typeof fallbacks> &
  Partial<Pick<RequestEnded, 'outcome' | keyof typeof fallbacks>>;

/** What most tests have nothing to say of. */
const fallbacks = {
  status: undefined,
  winner: undefined,
  servedBy: undefined,
  resumes: 0,
  bytes: 0,
  durationMs: 1,
  attempts: [],
  isBodyStreamed: false,
  strategy: 'race',
  error: undefined,
  bytesReceived: 0,
  xRequestId: undefined,
  client: { address: '127.0.0.1', host: 'a.example', userAgent: undefined, httpVersion: '1.1' },
} satisfies Partial<RequestEnded>;

/** The end of a request as it is reported, of what a test says of it. */
export function reportedEnd(said: SaidEnd): RequestEnded {
  const ended = { ...fallbacks, ...said };
  const outcome = requestOutcomeOf(ended, said.outcome === 'passed-on');
  return { ...ended, outcome, finalStatus: finalStatusOf({ ...ended, outcome }) };
}
