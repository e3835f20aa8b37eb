import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import type { Candidate } from '../endpoints/pool.ts';
import type { RaceOptions } from '../race/rules.ts';
import { paceOfMending } from '../race/strategies/rules.ts';
import type { ResumeOptions } from './body-resumer.ts';
import { type Contest, raceFor } from './contest.ts';
import type { ProxiedRequest } from './proxied-request.ts';

/** The question that nobody has answered to the end. */
interface UnansweredContest extends Contest {
  /** The options. */
  readonly config: Contest['config'] & ResumeOptions;
}

/**
 * The race in which several endpoints are asked once more that all answered a GET well and broke off while their bodies were held, as a
 * body that the client was begun to be given would be asked for once more. Undefined elsewhere, and when a body is not to be mended.
 */
export function anotherRaceFor(
  request: ProxiedRequest,
  contest: UnansweredContest,
): RaceOptions<Candidate, JudgedResponse> | undefined {
  const { outgoing, config } = contest;
  const mayMend = config.resume !== 'off' && config.maxResumes > 0;
  if (!mayMend || outgoing.method !== 'GET' || request.body.isStreamed) return undefined;
  const candidates = request.ledger.brokenCandidates();
  if (candidates.length < 2) return undefined;
  return raceFor(request, { ...contest, candidates, pace: paceOfMending(config.hedge), reason: 'failure' });
}
