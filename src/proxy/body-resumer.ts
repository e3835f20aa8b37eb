import { createHash, type Hash } from 'node:crypto';
import type { OutgoingRequest } from '../attempts/request/outgoing.ts';
import { examineRest } from '../attempts/resume/examine-rest.ts';
import { type Rest, requestForRest, wayToRest } from '../attempts/resume/rest.ts';
import { type ResumableResponse, type ResumeMode, resumable } from '../attempts/resume/resumable.ts';
import type { RestOfBody, Resumer } from '../client/response/resumer.ts';
import type { Candidate } from '../endpoints/candidate.ts';
import type { Order } from '../endpoints/order.ts';
import type { EndpointPool } from '../endpoints/pool.ts';
import type { BalancingProxyError } from '../errors.ts';
import type { HedgeDelayOptions } from '../race/delay.ts';
import { Race } from '../race/race.ts';
import { untilAborted } from '../support/until-aborted.ts';
import { type Contest, raceFor, stageOfMending } from './contest.ts';
import type { ProxiedRequest } from './proxied-request.ts';
import type { SentResponse } from './sent-response.ts';

/** Bytes between two breaks after which the earlier ones no longer count: a large download breaks more often than it fails to get on. */
const headwayBytes = 8_388_608;

/** The options that concern the mending of a body. */
export interface ResumeOptions {
  /** How a body is gone on with. */
  readonly resume: ResumeMode;
  /** Most breaks within one response that are mended, since the last {@link headwayBytes} without one. */
  readonly maxResumes: number;
  /** The pace at which one endpoint after the other is asked. */
  readonly hedge: HedgeDelayOptions;
}

/** The facts by which a body may be resumed. */
interface ResumerSettings {
  /** The response that the client is given. */
  readonly sent: SentResponse;
  /** The request by which it was asked for. */
  readonly outgoing: OutgoingRequest;
  /** The options. */
  readonly config: Contest['config'] & ResumeOptions;
  /** The state of all endpoints. */
  readonly pool: EndpointPool;
  /** The endpoints of this request. */
  readonly known: readonly Candidate[];
  /** The order in which they are asked. */
  readonly order: Order;
}

/** A response that can be resumed, and what that takes: the request with its body among others. */
interface Resumable extends Omit<ResumerSettings, 'sent'> {
  readonly response: ResumableResponse;
}

/** Goes on with the body of one winner that breaks off, from another endpoint. */
export class BodyResumer implements Resumer {
  readonly #request: ProxiedRequest;
  readonly #sent: SentResponse;
  /** Undefined where nobody can go on, so that the request's body can be forgotten. */
  readonly #resumable: Resumable | undefined;
  /** The SHA-256 of what the client was given, as long as it may still be compared. */
  #hash: Hash | undefined;
  #hashedBytes = 0;
  /** The endpoints that have broken off, the last one last. */
  #broken: readonly Candidate[] = [];
  /** The place of the last break. */
  #brokeAt = 0;
  /** Breaks that were mended and no longer count. */
  #outlived = 0;

  constructor(request: ProxiedRequest, { sent, ...settings }: ResumerSettings) {
    const { outgoing, config } = settings;
    this.#request = request;
    this.#sent = sent;
    const { response, isUsable } = sent.judged;
    const mayResume = isUsable && config.maxResumes > 0;
    const first = mayResume ? resumable(response, outgoing, config.resume) : undefined;
    this.#resumable = first && { ...settings, response: first };
    if (first?.mayReplay) this.#hash = createHash('sha256');
  }

  /** As {@link Resumer.given}. */
  get given(): Resumer['given'] {
    return this.#hash && this.#update;
  }

  /** As {@link Resumer.mayBegin}. */
  get mayBegin(): boolean {
    return this.#resumable !== undefined && wayToRest(this.#resumable.response, 0) !== undefined;
  }

  readonly #update = (chunk: Buffer): void => {
    this.#hash?.update(chunk);
    this.#hashedBytes += chunk.length;
    // From here on the rest is asked for by range, and SHA-256 costs half of all that a large body costs.
    if (this.#resumable && wayToRest(this.#resumable.response, this.#hashedBytes)?.isByRange) this.#hash = undefined;
  };

  /** As {@link Resumer.brokeOff}. */
  brokeOff(error: BalancingProxyError, atByte: number): boolean {
    // A client that goes away makes the body break off, too, and has no use for the rest.
    if (this.#request.signal.aborted) return false;
    const { candidate } = this.#sent.judged.attempt;
    this.#broken = [...allBut(this.#broken, [candidate]), candidate];
    this.#sent.brokeOff(error, atByte);
    if (atByte - this.#brokeAt >= headwayBytes) this.#outlived = this.#sent.resumes;
    this.#brokeAt = atByte;
    if (!this.#resumable || this.#sent.resumes - this.#outlived >= this.#resumable.config.maxResumes) return false;
    return wayToRest(this.#resumable.response, atByte) !== undefined;
  }

  /** As {@link Resumer.rest}. */
  async rest(atByte: number, clientReads?: Promise<void>): Promise<RestOfBody | undefined> {
    const { ledger, signal } = this.#request;
    if (clientReads) await untilAborted(clientReads, signal);
    const contest = this.#contestFor(atByte);
    if (!contest) return undefined;
    const arrival = await new Race(raceFor(this.#request, contest)).run();
    if (!arrival) return undefined;
    const { attempt, response, announcedBytes, idleMs } = arrival.value;
    ledger.end(attempt, { outcome: signal.aborted ? 'lost' : 'resumed' });
    if (signal.aborted) {
      arrival.abort.abort(signal.reason);
      throw signal.reason;
    }
    this.#sent.goOnWith(arrival);
    return { response, announcedBytes, idleMs };
  }

  /** The race for the rest: outside of budget and `maxAttempts`, at the pace of a hedge. */
  #contestFor(atByte: number): Contest | undefined {
    const way = this.#resumable && wayToRest(this.#resumable.response, atByte);
    if (!this.#resumable || !way) return undefined;
    const { response, outgoing, config } = this.#resumable;
    const rest: Rest = { ...way, of: response, atByte, digest: this.#hash?.copy().digest() };
    return {
      outgoing: requestForRest(outgoing, rest),
      course: stageOfMending(
        candidatesFor(this.#resumable, this.#broken, this.#request.ledger.candidatesInVain()),
        config.hedge,
        'resume',
      ),
      config,
      examination: (received, settings) => examineRest(received, settings, rest),
    };
  }
}

/**
 * The endpoints that have not broken off, best first: those of which no attempt was in vain, then the others, of which one may have said
 * 404 a moment ago. Then those that have broken off, the last one last: two that break off again and again would otherwise go on with each
 * other's bodies, and a good one would never be asked.
 */
function* candidatesFor(
  { pool, known, order }: Resumable,
  broken: readonly Candidate[],
  inVain: readonly Candidate[],
): Iterable<Candidate> {
  const sound = allBut(known, broken);
  const promising = allBut(sound, inVain);
  for (const group of [promising, allBut(sound, promising)]) {
    yield* pool.choose(group, { order, max: Infinity, isRace: false }).all();
  }
  yield* broken;
}

function allBut(candidates: readonly Candidate[], some: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ endpoint }) => some.every((other) => other.endpoint !== endpoint));
}
