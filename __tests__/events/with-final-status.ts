import type { RequestEnded } from '../../src/events/events.ts';
import { finalStatusOf } from '../../src/events/reporter.ts';

/** The end of a request as it is reported, of what a test says of it. */
export function withFinalStatus(ended: Omit<RequestEnded, 'finalStatus'>): RequestEnded {
  return { ...ended, finalStatus: finalStatusOf(ended) };
}
