/** @import { Frame, RaceRow } from '../history/frame.ts' */
/** @import { Tiers } from './attempts.js' */
import { attemptElement, endMs } from './attempts.js';
import { byId, cloneOf, field, setText, setTexts } from './dom.js';
import { formatCode, formatMs, formatTime, shortName } from './format.js';
import { createRoom } from './room.js';
import { createScales, setEnd } from './scales.js';

/** Races that are shown; the server sends as many to a page that opens. */
export const maxRaces = 50;
const clientGone = 'ERR_BRP_CLIENT_GONE';
const clientsDoing = [clientGone, 'ERR_BRP_CLIENT_TIMEOUT'];

/**
 * Makes the function that adds the races of a frame to those that are shown.
 * @returns {(frame: Frame, isFirst: boolean) => void} `isFirst`: the frame has all races, in the place of those that are shown
 */
export function createRaceList() {
  const list = byId('races');
  const { showScale } = createScales(list);
  const { showSome } = createRoom(list, showScale);
  let lastId = 0;
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
    showSome();
    showScale();
    byId('no-races').hidden = list.childElementCount > 0;
    setText(byId('races-note'), moreRaces > 0 ? `a sample: ${races.length} of ${races.length + moreRaces}` : '');
  };
}

/**
 * @param {RaceRow} race
 * @param {Tiers} tiers
 */
function raceElement(race, tiers) {
  const element = cloneOf('race-template');
  setEnd(element, Math.max(0.1, ...race.attempts.map((attempt) => endMs(attempt, race))));
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
    more: race.moreAttempts > 0 ? `and ${race.moreAttempts} attempts more` : '',
  });
  field(element, 'path').title = race.path;
  field(element, 'status').dataset.class = race.status === null ? '' : `${Math.floor(race.status / 100)}xx`;
  field(element, 'attempts').prepend(...race.attempts.map((attempt) => attemptElement(attempt, { race, tiers })));
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
