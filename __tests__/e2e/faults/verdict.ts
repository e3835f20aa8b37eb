import { inspect } from 'node:util';
import type { Cell } from './cell.ts';
import type { Seen } from './clients.ts';
import type { Outcome, Rule } from './rules.ts';
import type { Played } from './stage.ts';

/** What has come of a scene; undefined for what must never be: no answer, one without an end, or a wrong one that looks whole. */
export function outcomeOf({ scene, seen, ended }: Played): Outcome | undefined {
  const { body, isWhole, status, isHanging } = seen;
  if (isHanging || status === 0) return undefined;
  if (status >= 500) return isWhole ? 'error' : undefined;
  const isRightSoFar = scene.body.subarray(0, body.length).equals(body);
  if (!isWhole) return isRightSoFar ? 'broken' : 'broken behind garbage';
  if (!isRightSoFar || hasLostTrailers(scene.cell, seen)) return undefined;
  if (body.length < scene.body.length) return 'cut unseen';
  if (ended.resumes === 0) return 'whole';
  return scene.asks.some(({ ifRange }) => ifRange !== undefined) ? 'resumed by range' : 'resumed by replay';
}

/** Trailers belong to a message that is whole; over HTTP/1.0 there are none. */
function hasLostTrailers({ form, client }: Cell, { hasTrailers }: Seen): boolean {
  return form === 'chunked with trailers' && client !== 'HTTP/1.0' && !hasTrailers;
}

/** What is wrong with the outcome of a scene, or undefined when it is the expected one. */
export function complaintAbout(played: Played, { outcome, why }: Rule): string | undefined {
  const came = outcomeOf(played);
  if (came === outcome) return undefined;
  const { scene, seen, ended } = played;
  const { body, ...rest } = seen;
  const facts = { ...rest, bytes: body.length, asks: scene.asks, resumes: ended.resumes, error: ended.error?.code };
  const attempts = ended.attempts.map(({ endpoint, reason, outcome: how, error }) =>
    [endpoint, reason, how, error?.message].join(' '),
  );
  return `${Object.values(scene.cell).join(' | ')}\n  expected ${outcome}, as ${why}\n  came ${came}: ${inspect({ ...facts, attempts }, { breakLength: 200 })}`;
}
