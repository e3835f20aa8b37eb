import { byId, field, setText } from './dom.js';
import { formatMs } from './format.js';

/** The lengths that a scale may have, but for powers of ten: it would change with every race otherwise. */
const lengths = [1, 1.5, 2, 3, 5, 7.5, 10];

/**
 * Takes note of how long a race is.
 * @param {HTMLElement} race
 * @param {number} ms
 */
export function setEnd(race, ms) {
  race.dataset.end = String(ms);
}

/**
 * Makes the function that draws all races of a list on one scale of time, or each on its own, as the user wants it.
 * @param {HTMLElement} list
 * @returns {{ showScale: () => void }} `showScale`: to be called when there are other races
 */
export function createScales(list) {
  const choice = byId('scales');
  const showScale = () => {
    const races = /** @type {HTMLElement[]} */ ([...list.children]);
    const common = scaleFor(Math.max(0, ...races.filter(({ hidden }) => !hidden).map(endOf)));
    const isCommon = choice.querySelector('input:checked')?.getAttribute('value') === 'common';
    for (const race of races) setScale(race, isCommon ? common : endOf(race));
  };
  choice.addEventListener('change', showScale);
  return { showScale };
}

/** @param {HTMLElement} race */
function endOf(race) {
  return Number(race.dataset.end);
}

/**
 * @param {HTMLElement} race
 * @param {number} ms the milliseconds that the whole width stands for
 */
function setScale(race, ms) {
  if (race.style.getPropertyValue('--full') === String(ms)) return;
  race.style.setProperty('--full', String(ms));
  setText(field(race, 'full'), `${formatMs(ms)} ms`);
}

/**
 * The milliseconds of a scale on which there is room for so many.
 * @param {number} ms
 */
export function scaleFor(ms) {
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 0.1)));
  const length = lengths.find((one) => one * power >= ms) ?? 10;
  return length * power;
}
