/** @import { EndpointRow } from '../history/frame.ts' */
import { field, setText, setTexts } from './dom.js';
import { formatCount, formatMs } from './format.js';

/**
 * Shows percentiles in the three cells of a row that are for them, or in all three as one how many responses are there of those that
 * it takes.
 * @param {ParentNode} row
 * @param {Pick<EndpointRow, 'latencyMs' | 'latencyCount'>} figures
 * @param {number} fewestResponses
 */
export function showLatency(row, { latencyMs, latencyCount }, fewestResponses) {
  const first = field(row, 'p50');
  const isKnown = latencyMs !== null;
  setSpan(first, isKnown ? 1 : 3);
  for (const name of ['p95', 'p99']) field(row, name).hidden = !isKnown;
  first.classList.toggle('waiting', !isKnown);
  if (isKnown) {
    setTexts(row, { p50: formatMs(latencyMs.p50), p95: formatMs(latencyMs.p95), p99: formatMs(latencyMs.p99) });
  } else {
    const soFar = latencyCount === 0 ? 'none' : formatCount(latencyCount);
    setText(first, `waiting for ${fewestResponses} responses,\n${soFar} so far`);
  }
}

/**
 * @param {HTMLElement} cell
 * @param {number} columns
 */
function setSpan(cell, columns) {
  if (cell.getAttribute('colspan') === String(columns)) return;
  cell.setAttribute('colspan', String(columns));
  cell.setAttribute('aria-colspan', String(columns));
}
