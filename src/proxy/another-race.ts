import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import type { Candidate } from '../endpoints/pool.ts';
import type { RaceOptions } from '../race/rules.ts';
import { paceOfMending } from '../race/strategies/rules.ts';
import type { Strategy } from '../race/strategies/strategies.ts';
import type { ResumeOptions } from './body-resumer.ts';
import { type Contest, raceFor } from './contest.ts';
import type { ProxiedRequest } from './proxied-request.ts';

/** The question that nobody has answered to the end. */
interface UnansweredContest extends Contest {
  /** The options. */
  readonly config: Contest['config'] & ResumeOptions;
  /** How the endpoints were asked. */
  readonly strategy: Strategy;
}

/**
 * The race in which those are asked once more that answered a GET well and broke off while their bodies were held, as a body that the
 * client was begun to be given would be asked for once more. Undefined when there is nobody to ask, or a body is not to be mended.
 */
export function anotherRaceFor(
  request: ProxiedRequest,
  { strategy, ...contest }: UnansweredContest,
): RaceOptions<Candidate, JudgedResponse> | undefined {
  const { outgoing, config } = contest;
  const mayMend = config.resume !== 'off' && config.maxResumes > 0 && strategy !== 'single';
  if (!mayMend || outgoing.method !== 'GET' || request.body.isStreamed) return undefined;
  const candidates = [...request.ledger.brokenCandidates()];
  if (candidates.length === 0) return undefined;
  return raceFor(request, { ...contest, candidates, pace: paceOfMending(config.hedge), reason: 'failure' });
}
