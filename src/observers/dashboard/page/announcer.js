import { byId } from './dom.js';

/**
 * Has a text read out to users of screen readers.
 * @param {string} text
 */
export function announce(text) {
  byId('announcer').textContent = text;
}
