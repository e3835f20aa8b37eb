/** @import { AttemptRow, Frame, RaceRow } from '../frame.ts' */
import { byId, cloneOf, field, setText, setTexts } from './dom.js';
import { formatCode, formatCount, formatMs, formatTime, shortName } from './format.js';

/** @typedef {ReadonlyMap<string, number>} Tiers The tier of each endpoint, by its name. */

/** Races that are shown; the server sends as many to a page that opens. */
export const maxRaces = 20;
const maxOfName = 17;
const clientGone = 'ERR_BRP_CLIENT_GONE';
const clientsDoing = [clientGone, 'ERR_BRP_CLIENT_TIMEOUT'];

/**
 * Why an attempt starts, in words.
 * @type {Readonly<Record<AttemptRow['reason'], string>>}
 */
const reasons = {
  first: 'first',
  race: 'beside the first',
  hedge: 'after the hedge delay',
  failure: 'after a failure',
  tier: 'when the tiers before were no help',
  retry: 'again when all had failed',
  resume: 'to go on with the body',
};

/**
 * Makes the function that adds the races of a frame to those that are shown.
 * @returns {(frame: Frame, isFirst: boolean) => void} `isFirst`: the frame has all races, in the place of those that are shown
 */
export function createRaceList() {
  const list = byId('races');
  let lastId = 0;
  byId('reasons').replaceChildren(...Object.entries(reasons).map(legendElement));
  return ({ races, moreRaces, endpoints }, isFirst) => {
    const tiers = new Map(endpoints.map(({ name, tier }) => [name, tier]));
    if (isFirst) {
      list.replaceChildren();
      lastId = 0;
    }
    // A viewer who was slow gets some races twice.
    for (const race of races.filter(({ id }) => id > lastId)) {
      list.prepend(raceElement(race, tiers));
      lastId = race.id;
    }
    while (list.childElementCount > maxRaces) list.lastElementChild?.remove();
    byId('no-races').hidden = list.childElementCount > 0;
    setText(byId('races-note'), moreRaces > 0 ? `a sample: ${races.length} of ${races.length + moreRaces}` : '');
  };
}

/** @param {[reason: string, words: string]} entry */
function legendElement([reason, words]) {
  const element = document.createElement('li');
  setText(element, reason === words ? reason : `${reason}: ${words}`);
  return element;
}

/**
 * @param {RaceRow} race
 * @param {Tiers} tiers
 */
function raceElement(race, tiers) {
  const element = cloneOf('race-template');
  const fullMs = Math.max(0.1, ...race.attempts.map((attempt) => attempt.startedAfterMs + drawnMs(attempt, race)));
  element.dataset.result = clientsDoing.includes(race.error ?? '')
    ? 'left'
    : race.hasWinner && !race.error
      ? 'good'
      : 'bad';
  setTexts(element, {
    method: race.method,
    path: race.path,
    status: race.status === null ? '–' : String(race.status),
    result: resultText(race),
    full: `${formatMs(fullMs)} ms`,
    more: race.moreAttempts > 0 ? `and ${race.moreAttempts} attempts more` : '',
  });
  field(element, 'path').title = race.path;
  field(element, 'status').dataset.class = race.status === null ? '' : `${Math.floor(race.status / 100)}xx`;
  field(element, 'attempts').prepend(
    ...race.attempts.map((attempt) => attemptElement(attempt, { race, tiers, fullMs })),
  );
  field(element, 'scale').hidden = race.attempts.length === 0;
  return element;
}

/** @param {RaceRow} race */
function resultText({ hasWinner, isPassedOn, servedBy, attempts, resumes, error, durationMs, strategy, endedAt }) {
  const winner = attempts.find(({ outcome }) => outcome === 'won')?.endpoint;
  const who = shortName(winner ?? servedBy ?? '');
  const unserved = isPassedOn ? 'nobody won, passed on' : 'no response';
  const what = hasWinner ? `won by ${who}` : servedBy === null ? unserved : `nobody won, response of ${who}`;
  const why = error === clientGone ? 'the client left' : error && formatCode(error);
  const mended = resumes > 0 && (resumes === 1 ? 'resumed once' : `resumed ${resumes} times`);
  return [what, mended, why, strategy, `${formatMs(durationMs)} ms`, formatTime(endedAt)].filter(Boolean).join(' · ');
}

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
 * @param {AttemptRow} attempt
 * @param {{ race: RaceRow, tiers: Tiers, fullMs: number }} picture `fullMs`: the milliseconds that the whole width stands for
 */
function attemptElement(attempt, { race, tiers, fullMs }) {
  const { endpoint, outcome, startedAfterMs, durationMs, brokeOff } = attempt;
  const element = cloneOf('attempt-template');
  const bar = field(element, 'bar');
  const ended = endOf(attempt);
  const ms = drawnMs(attempt, race);
  element.dataset.outcome = outcome;
  element.dataset.broken = String(brokeOff !== null);
  const start = startOf(attempt, tiers);
  element.title = `${endpoint}: started ${start}, ${ended} after ${formatMs(durationMs)} ms${breakOf(attempt)}`;
  setTexts(element, {
    endpoint: shortName(endpoint, maxOfName),
    reason: reasonOf(attempt, tiers),
    start: `started ${start}`,
    // There is no room for more in a line.
    outcome: `${brokeOff ? `${outcome}, broke` : ended} · ${formatMs(ms)} ms`,
  });
  bar.style.insetInlineStart = `${(startedAfterMs / fullMs) * 100}%`;
  bar.style.inlineSize = `${(ms / fullMs) * 100}%`;
  return element;
}

/** @param {AttemptRow} attempt */
function endOf({ outcome, status, error, brokeOff }) {
  const why = !brokeOff && error;
  // The error of a timeout says which time was up.
  const what = outcome === 'timed-out' && why ? '' : outcome.replace('-', ' ');
  return [what, status, why && formatCode(why)].filter(Boolean).join(' ');
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
