import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import { conditionOf, release } from '../attempts/response/release.ts';
import { isSmall } from '../attempts/response/small-body.ts';
import { Held } from '../race/held.ts';
import type { Arrival } from '../race/rules.ts';
import { untilAborted } from '../support/until-aborted.ts';
import { wholeResponseBody } from '../transports/message/response-body.ts';

/** How long a spare is waited for. */
export interface SparePatience {
  /** Milliseconds of silence that are borne, or Infinity. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/**
 * The responses that were not usable, the client gets one of them if nothing better comes: the first that is whole, or else
 * the first that is still sound. They keep their endpoints as busy as their attempts did, until they are let go of.
 */
export class Spares {
  readonly #kept = new Held(conditionOf);
  #isClosed = false;

  /** Keeps a response, unread, unless there is one that can no longer break. @returns whether it did. */
  keep(spare: Arrival<JudgedResponse>): boolean {
    if (this.#isClosed || this.#kept.isSure) return false;
    if (conditionOf(spare.value) === 'whole') this.#letGo();
    this.#kept.add(spare);
    endpointOf(spare).responseStarted();
    return true;
  }

  /**
   * Gives the best one away, a small one whole. None is kept from now on.
   * @throws the signal's reason when it fires first.
   */
  async take({ idleMs, signal }: SparePatience): Promise<Arrival<JudgedResponse> | undefined> {
    this.#isClosed = true;
    for (let spare = this.#kept.takeBest(); spare; spare = this.#kept.takeBest()) {
      const taken = await this.#read(spare, idleMs, signal);
      if (taken) return taken;
    }
    return undefined;
  }

  /** It keeps its endpoint busy until it is known what comes of it. */
  async #read(
    spare: Arrival<JudgedResponse>,
    idleMs: number,
    signal: AbortSignal,
  ): Promise<Arrival<JudgedResponse> | undefined> {
    let read: Arrival<JudgedResponse> | undefined;
    try {
      read = await untilAborted(readIfSmall(spare, idleMs), signal);
    } finally {
      endpointOf(spare).responseEnded();
      if (!read) spare.abort.abort();
    }
    return read;
  }

  /** Lets go of all; none is kept from now on. */
  close(): void {
    this.#isClosed = true;
    this.#letGo();
  }

  /** The same when nobody is there any more for whom a connection is worth keeping. */
  cut(): void {
    this.#isClosed = true;
    this.#letGo(({ abort }) => abort.abort());
  }

  #letGo(how = release): void {
    for (const spare of this.#kept.takeAll()) {
      endpointOf(spare).responseEnded();
      how(spare);
    }
  }
}

function endpointOf({ value }: Arrival<JudgedResponse>) {
  return value.attempt.candidate.endpoint;
}

/** @returns undefined when it breaks off before it is whole. */
async function readIfSmall(
  spare: Arrival<JudgedResponse>,
  idleMs: number,
): Promise<Arrival<JudgedResponse> | undefined> {
  const { value, abort } = spare;
  const { announcedBytes, response } = value;
  if (value.body instanceof Uint8Array || !isSmall(announcedBytes)) return spare;
  try {
    return { value: { ...value, body: await wholeResponseBody(response, { idleMs, announcedBytes }) }, abort };
  } catch {
    return undefined;
  }
}
