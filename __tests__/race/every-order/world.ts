import type { AttemptReason } from '../../../src/race/rules.ts';

/** The ways in which an attempt may end: with a value of some kind, or without any. A lesser value that is still coming may break. */
export type EndKind = 'usable' | 'lesser' | 'coming' | 'unusable' | 'failure';

/** An attempt that ends, or something that concerns the whole race. Attempts are their numbers. */
export type Happening = End | Break | { readonly kind: 'wait'; readonly ms: number } | { readonly kind: 'abort' };

export interface End {
  readonly kind: EndKind;
  readonly attempt: number;
}

/** A value that is held breaks. */
export interface Break {
  readonly kind: 'break';
  readonly attempt: number;
}

/** A stage of a race. */
export interface Stage {
  /** One letter each. `-` may never start, and a capital only while nobody is under way. */
  readonly candidates: string;
  readonly delayMs: number;
  /** Whether a lease is given to whoever starts by time. */
  readonly mayHedge: boolean;
  /** Whether the stage may open although others are under way. */
  readonly opensByTime?: boolean;
  readonly opensFor?: AttemptReason | undefined;
  readonly reason?: AttemptReason | undefined;
}

/** The rules of a race, with the ways in which it may go. */
export interface Setup {
  /** The stages, and milliseconds of pauses between them. */
  readonly stages: readonly [Stage, ...(readonly (Stage | number)[])];
  readonly stageDelayMs: number;
  /** How attempts may end. */
  readonly kinds: readonly EndKind[];
  /** After which ends the next attempt may start. */
  readonly follows: 'every end' | 'failures' | 'nothing';
  readonly preferGraceMs: number;
  readonly loserGraceMs: number;
}

/** All that can be seen of a race from outside. */
export interface Outcome {
  readonly result: unknown;
  /** Whose attempts were started, one letter each. */
  readonly started: string;
  /** Why each attempt was started. */
  readonly reasons: readonly AttemptReason[];
  readonly discarded: readonly number[];
  readonly aborted: readonly number[];
  readonly timers: number;
  readonly listeners: number;
  /** Of each time that the race has asked for a further stage, whether by time. */
  readonly calls: readonly boolean[];
}

/** Whether a candidate may start. */
export function mayStart(candidate: string, isAnybodyUnderWay: boolean): boolean {
  return candidate !== '-' && !(isAnybodyUnderWay && candidate === candidate.toUpperCase());
}

/** Whether the next of the stages that are left may open now. */
export function mayOpen(next: Stage | number | undefined, isByTime: boolean): boolean {
  return !isByTime || (typeof next === 'object' && next.opensByTime === true);
}
