import { beginningOf, type HoldOptions, hold } from '../attempts/response/hold.ts';
import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import { conditionOf, release } from '../attempts/response/release.ts';
import { Held } from '../race/held.ts';
import type { Arrival } from '../race/rules.ts';
import { untilAborted } from '../support/until-aborted.ts';

/**
 * Unusable responses, of which the client gets one if nothing better comes: the first that is whole, or else the first that is
 * still sound. Spares keep their endpoints as busy as their attempts did, until they are let go of.
 */
export class Spares {
  readonly #kept = new Held(conditionOf);
  #isClosed = false;

  /** Keeps a response, unread, unless one is kept already that can no longer break. @returns whether it is kept. */
  keep(spare: Arrival<JudgedResponse>): boolean {
    if (this.#isClosed || this.#kept.isSure) return false;
    if (conditionOf(spare.value) === 'whole') this.#letGoOfAll();
    this.#kept.add(spare);
    endpointOf(spare).responseStarted();
    return true;
  }

  /**
   * Gives away the best spare, once its body was held as that of a usable response. No response is kept from now on.
   * @param options say how long a body is held, from now on.
   * @param signal ends the waiting.
   * @throws the signal's reason when it fires first.
   */
  async take(options: HoldOptions, signal: AbortSignal): Promise<Arrival<JudgedResponse> | undefined> {
    this.#isClosed = true;
    for (let spare = this.#kept.takeBest(); spare; spare = this.#kept.takeBest()) {
      const taken = await this.#read(spare, options, signal);
      if (taken) return taken;
    }
    return undefined;
  }

  /** Reads a spare, which keeps its endpoint busy until then. */
  async #read(
    spare: Arrival<JudgedResponse>,
    options: HoldOptions,
    signal: AbortSignal,
  ): Promise<Arrival<JudgedResponse> | undefined> {
    let read: Arrival<JudgedResponse> | undefined;
    try {
      read = await untilAborted(held(spare, options), signal);
    } finally {
      endpointOf(spare).responseEnded();
      if (!read) spare.abort.abort();
    }
    return read;
  }

  /** Lets go of spares when endpoints are asked again, but for those of endpoints that have asked to be left alone. */
  renew(): void {
    for (const spare of this.#kept.takeAll()) {
      if (endpointOf(spare).isCooling) this.#kept.add(spare);
      else letGo(spare);
    }
  }

  /** Lets go of all spares. No response is kept from now on. */
  close(): void {
    this.#isClosed = true;
    this.#letGoOfAll();
  }

  /** Cuts all spares off, when nobody waits any more for whom connections should be saved. No response is kept from now on. */
  cut(): void {
    this.#isClosed = true;
    this.#letGoOfAll(({ abort }) => abort.abort());
  }

  #letGoOfAll(how = release): void {
    for (const spare of this.#kept.takeAll()) letGo(spare, how);
  }
}

function letGo(spare: Arrival<JudgedResponse>, how = release): void {
  endpointOf(spare).responseEnded();
  how(spare);
}

function endpointOf({ value }: Arrival<JudgedResponse>) {
  return value.attempt.candidate.endpoint;
}

/** The spare, with its body held as that of a usable response; undefined when the body breaks off before. */
async function held(
  spare: Arrival<JudgedResponse>,
  options: HoldOptions,
): Promise<Arrival<JudgedResponse> | undefined> {
  const { value, abort } = spare;
  if (value.body instanceof Uint8Array || value.wins === 'at-head') return spare;
  // Its endpoint may have an idle time of its own.
  const beginning = beginningOf(value.response, value, { ...options, timeouts: value });
  try {
    await hold(beginning, value, options);
    return { value: { ...value, body: beginning.finish() }, abort };
  } catch {
    return undefined;
  } finally {
    beginning.letGo();
  }
}
