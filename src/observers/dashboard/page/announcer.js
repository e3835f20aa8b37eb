import { byId } from './dom.js';

/**
 * Tells those who listen to the page instead of looking at it.
 * @param {string} text
 */
export function announce(text) {
  byId('announcer').textContent = text;
}
