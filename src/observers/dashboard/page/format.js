/** Shown in the place of a figure that is not known. */
const unknown = '–';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** @param {number} count */
export function formatCount(count) {
  return whole.format(count);
}

/**
 * A count that may be large.
 * @param {number} count
 */
export function formatLarge(count) {
  return (count < 10_000 ? whole : compact).format(count);
}

/**
 * A count of all time.
 * @param {number} count
 */
export function formatTotal(count) {
  return `${formatLarge(count)} in all`;
}

/** @param {number} perSecond */
export function formatRate(perSecond) {
  return (perSecond < 100 ? oneDigit : whole).format(perSecond);
}

/**
 * A ratio as a percentage, with a decimal where one matters: close to 0 % and to 100 %.
 * @param {number | null} ratio 0 to 1
 */
export function formatRatio(ratio) {
  if (ratio === null) return unknown;
  const percent = ratio * 100;
  const isNearEnd = (percent > 0 && percent < 10) || (percent > 99 && percent < 100);
  return `${(isNearEnd ? oneDigit : whole).format(percent)} %`;
}

/** @param {number | null} factor */
export function formatFactor(factor) {
  return factor === null ? unknown : twoDigits.format(factor);
}

/**
 * Milliseconds, without the unit.
 * @param {number | undefined} ms
 */
export function formatMs(ms) {
  if (ms === undefined) return unknown;
  return (ms < 10 ? oneDigit : whole).format(ms);
}

/** @param {number} epochMs */
export function formatTime(epochMs) {
  return new Date(epochMs).toLocaleTimeString('en', { hourCycle: 'h23' });
}

/**
 * The name of an endpoint, shortened in the middle: most names are URLs, of which the ends tell one from another.
 * @param {string} name
 * @param {number} [maxLength] characters that there is room for
 */
export function shortName(name, maxLength = 26) {
  const short = name.replace(/^https?:\/\//, '');
  const head = Math.floor(maxLength / 3);
  return short.length > maxLength ? `${short.slice(0, head)}…${short.slice(head + 1 - maxLength)}` : short;
}

/**
 * An error code in words: `ERR_BRP_CONNECT_TIMEOUT` is a connect timeout.
 * @param {string} code
 */
export function formatCode(code) {
  return code
    .replace(/^ERR_BRP_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

/**
 * The path of a column for each slot of time, in a box of 30 by 10.
 * @param {readonly number[]} counts
 * @param {number} busiest
 */
export function columnsOf(counts, busiest) {
  return counts.map((count, index) => columnOf(index, (count / busiest) * 10)).join('');
}

/**
 * @param {number} index
 * @param {number} height
 */
function columnOf(index, height) {
  if (height === 0) return '';
  const top = 10 - Math.max(height, 0.8);
  return `M${index + 0.1} 10V${top.toFixed(2)}h.8V10z`;
}
