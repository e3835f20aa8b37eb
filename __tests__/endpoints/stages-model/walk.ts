import type { Candidate } from '../../../src/endpoints/candidate.ts';
import { type Choice, type EndpointStage, EndpointStages } from '../../../src/endpoints/stages.ts';
import type { End, KnownEndpoint } from './known-endpoint.ts';
import { type ReferenceStage, ReferenceStages } from './reference.ts';

interface Opened {
  readonly stage: EndpointStage;
  readonly reference: ReferenceStage;
  readonly left: Candidate[];
}

/** Goes through the stages as a race does, and through those of the reference beside it. */
export class Walk {
  readonly reference: ReferenceStages;
  readonly #endpoints: readonly KnownEndpoint[];
  readonly #choice: Choice;
  readonly #stages: EndpointStages;
  readonly #opened: Opened[] = [];
  readonly #underWay: KnownEndpoint[] = [];

  constructor(endpoints: readonly KnownEndpoint[], choice: Choice) {
    this.#endpoints = endpoints;
    this.#choice = choice;
    const candidates = endpoints.map(({ candidate }) => candidate);
    this.#stages = new EndpointStages(candidates, choice, 1);
    this.reference = new ReferenceStages(endpoints, choice);
  }

  /** Whom the race asks next, in a stage that is open or in the next one; undefined when nobody is left. */
  goOn(): KnownEndpoint | undefined {
    this.#compareAll();
    for (;;) {
      const asked = this.#askNext();
      if (asked || !this.openNext(false)) return asked;
    }
  }

  /** Opens the next stage. @returns whether there is one. */
  openNext(isByTime: boolean): boolean {
    const stage = this.#stages.next(isByTime);
    const reference = this.reference.next(isByTime);
    const free = reference && this.reference.freeIn(reference);
    expect(stage?.isTier).toBe(reference?.isTier);
    expect(this.#comparable(stage?.candidates)).toEqual(this.#comparable(free?.map(({ candidate }) => candidate)));
    if (stage && reference) this.#opened.push({ stage, reference, left: [...stage.candidates] });
    return stage !== undefined;
  }

  /** Lets one of the attempts end that are under way. */
  end(number: number, how: End): void {
    const [one] = this.#underWay.splice(number % Math.max(1, this.#underWay.length), 1);
    one?.befall(how);
  }

  /** Begins another round. */
  beginAgain(): void {
    this.#opened.length = 0;
    this.#stages.beginAgain();
    this.reference.beginAgain();
  }

  #askNext(): KnownEndpoint | undefined {
    for (const { stage, left } of this.#opened) {
      for (let candidate = left.shift(); candidate; candidate = left.shift()) {
        if (stage.mayStart(candidate)) return this.#ask(candidate);
      }
    }
    return undefined;
  }

  /** Asks an endpoint, which nobody may do who looks at nothing but the rules that hold always. */
  #ask(candidate: Candidate): KnownEndpoint | undefined {
    const known = this.#endpoints.find((one) => one.candidate === candidate);
    if (!known) throw new Error('there is no such endpoint');
    expect({ isDrained: known.isDrained, isFull: known.isFull }).toEqual({ isDrained: false, isFull: false });
    expect(this.reference.asked.has(known)).toBe(false);
    expect(this.reference.asked.size).toBeLessThan(this.#choice.max);
    this.reference.asked.add(known);
    this.#stages.started(candidate);
    known.befall('begin');
    this.#underWay.push(known);
    return known;
  }

  /** Whoever is drained, full or whatever by now may not start. */
  #compareAll(): void {
    for (const { stage, reference } of this.#opened) {
      const ofTier = this.#endpoints.filter(({ candidate }) => candidate.tier === reference.tier);
      const expected = ofTier.map((one) => reference.mayStart(one));
      expect(ofTier.map(({ candidate }) => stage.mayStart(candidate))).toEqual(expected);
    }
  }

  /** In any order, only who is fit or not is told apart; the order is tried elsewhere. */
  #comparable(candidates: readonly Candidate[] | undefined): readonly string[] | undefined {
    const names = candidates?.map(({ endpoint }) => endpoint.name);
    if (this.#choice.order === 'given' || !names) return names;
    const fit = this.#endpoints
      .filter((one) => this.reference.isFit(one))
      .map(({ candidate }) => candidate.endpoint.name);
    const firstUnfit = names.findIndex((name) => !fit.includes(name));
    const parts = firstUnfit === -1 ? [names] : [names.slice(0, firstUnfit), names.slice(firstUnfit)];
    return parts.flatMap((part) => part.toSorted());
  }
}
