import { byId, cloneOf, field, setText } from './dom.js';
import { outcomes, reasons } from './words.js';

/** Explains how attempts are drawn. */
export function showLegend() {
  const held = outcomeElement(['won', 'held: its head had come']);
  field(held, 'bar').append(cloneOf('held-template'));
  byId('outcomes').replaceChildren(...Object.entries(outcomes).map(outcomeElement), held);
  byId('reasons').replaceChildren(...Object.entries(reasons).map(reasonElement));
}

/** @param {[outcome: string, words: string]} entry */
function outcomeElement([outcome, words]) {
  const element = cloneOf('outcome-template');
  element.dataset.outcome = outcome;
  setText(field(element, 'words'), words);
  return element;
}

/** @param {[reason: string, words: string]} entry */
function reasonElement([reason, words]) {
  const element = document.createElement('li');
  setText(element, reason === words ? reason : `${reason}: ${words}`);
  return element;
}
