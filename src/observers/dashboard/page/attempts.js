/** @import { AttemptRow, RaceRow } from '../history/frame.ts' */
import { cloneOf, field, setTexts } from './dom.js';
import { formatCode, formatCount, formatMs, shortName } from './format.js';
import { reasons } from './words.js';

/** @typedef {ReadonlyMap<string, number>} Tiers The tier of each endpoint, by its name. */

const maxOfName = 17;

/**
 * The milliseconds that the bar of an attempt stands for: those until its outcome. Where a body broke off that the client was being given,
 * it is drawn as far as each attempt gave it, as one bar that goes on in other rows, the last one until the end of the response.
 * @param {AttemptRow} attempt
 * @param {RaceRow} race
 */
function drawnMs({ outcome, startedAfterMs, durationMs, brokeOff }, race) {
  if (brokeOff) return Math.max(durationMs, brokeOff.afterMs);
  return outcome === 'resumed' ? Math.max(durationMs, race.durationMs - startedAfterMs) : durationMs;
}

/**
 * The end of what is drawn of an attempt, in milliseconds from the request.
 * @param {AttemptRow} attempt
 * @param {RaceRow} race
 */
export function endMs(attempt, race) {
  return attempt.startedAfterMs + drawnMs(attempt, race);
}

/**
 * Draws an attempt. How much of the width a millisecond takes is the matter of its race's scale.
 * @param {AttemptRow} attempt
 * @param {{ race: RaceRow, tiers: Tiers }} picture
 */
export function attemptElement(attempt, { race, tiers }) {
  const { endpoint, outcome, startedAfterMs, durationMs, brokeOff } = attempt;
  const element = cloneOf('attempt-template');
  const bar = field(element, 'bar');
  const ended = endOf(attempt);
  const ms = drawnMs(attempt, race);
  element.dataset.outcome = outcome;
  element.dataset.broken = String(brokeOff !== null);
  const start = startOf(attempt, tiers);
  element.title = `${endpoint}: started ${start}, ${ended} after ${formatMs(durationMs)} ms${holdOf(attempt)}${breakOf(attempt)}`;
  setTexts(element, {
    endpoint: shortName(endpoint, maxOfName),
    reason: reasonOf(attempt, tiers),
    start: `started ${start}${holdOf(attempt)}`,
    // There is no room for more in a line.
    outcome: `${brokeOff ? `${outcome}, broke` : ended} · ${formatMs(ms)} ms`,
  });
  bar.style.setProperty('--start', String(startedAfterMs));
  bar.style.setProperty('--ms', String(ms));
  const held = heldMs(attempt);
  if (held > 0) {
    const part = cloneOf('held-template');
    part.style.inlineSize = `${(held / ms) * 100}%`;
    bar.append(part);
  }
  return element;
}

/** @param {AttemptRow} attempt */
function endOf({ outcome, status, error, brokeOff }) {
  const why = !brokeOff && error;
  // The error of a timeout says which time was up.
  const what = outcome === 'timed-out' && why ? '' : outcome.replace('-', ' ');
  return [what, status, why && formatCode(why)].filter(Boolean).join(' ');
}

/**
 * The milliseconds for which a response was held, its head having come; less than one is none. Where its body broke off later it was held
 * long before the end of its bar, and is not drawn.
 * @param {AttemptRow} attempt
 */
function heldMs({ heldMs: held, brokeOff, outcome }) {
  return held !== null && held >= 1 && !brokeOff && outcome !== 'resumed' ? held : 0;
}

/** @param {AttemptRow} attempt */
function holdOf(attempt) {
  const held = heldMs(attempt);
  return held > 0 ? `, its response held for ${formatMs(held)} ms` : '';
}

/** @param {AttemptRow} attempt */
function breakOf({ error, brokeOff }) {
  if (!brokeOff) return '';
  return `, broke off at byte ${formatCount(brokeOff.atByte)} after ${formatMs(brokeOff.afterMs)} ms: ${formatCode(error ?? '')}`;
}

/**
 * @param {AttemptRow} attempt
 * @param {Tiers} tiers
 */
function startOf({ endpoint, reason, startedAfterMs }, tiers) {
  const tier = tiers.get(endpoint) ?? 0;
  return `${reasons[reason]} at ${formatMs(startedAfterMs)} ms${tier > 0 ? `, in tier ${tier}` : ''}`;
}

/**
 * Why an attempt started, in a word. Where a further tier begins it is named: its first attempt is the first of all when those before are
 * out.
 * @param {AttemptRow} attempt
 * @param {Tiers} tiers
 */
function reasonOf({ endpoint, reason }, tiers) {
  const tier = tiers.get(endpoint) ?? 0;
  if (tier === 0 || (reason !== 'first' && reason !== 'tier')) return reason;
  return reason === 'tier' ? `tier ${tier}` : `${reason}, tier ${tier}`;
}
