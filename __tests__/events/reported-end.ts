import type { RequestEnded } from '../../src/events/events.ts';
import { finalStatusOf } from '../../src/events/reporter.ts';
import { type RequestOutcome, requestOutcomeOf } from '../../src/events/request-outcome.ts';

/** The end of a request, of which a test says no more than it wants; of the outcomes `passed-on` alone counts. */
export type SaidEnd = Omit<RequestEnded, 'finalStatus' | 'outcome'> & { readonly outcome?: RequestOutcome };

/** The end of a request as it is reported, of what a test says of it. */
export function reportedEnd(ended: SaidEnd): RequestEnded {
  const outcome = requestOutcomeOf(ended, ended.outcome === 'passed-on');
  return { ...ended, outcome, finalStatus: finalStatusOf({ ...ended, outcome }) };
}
