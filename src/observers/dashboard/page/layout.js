import { byId } from './dom.js';

/** Whether the page is as narrow as on a phone. */
const narrow = matchMedia('(width < 700px)');

/**
 * Has a function called at once, and whenever the page has become narrow or wide.
 * @param {(isNarrow: boolean) => void} arrange
 */
export function onWidth(arrange) {
  narrow.addEventListener('change', () => arrange(narrow.matches));
  arrange(narrow.matches);
}

/**
 * Keeps the races before the details on a phone, and after them elsewhere: in the document itself, so that those who listen to it, or go
 * through it by keyboard, have the order that is seen.
 */
export function keepOrder() {
  const details = byId('details');
  const races = byId('last-races');
  onWidth((isNarrow) => {
    if (isNarrow) details.before(races);
    else details.after(races);
  });
}
