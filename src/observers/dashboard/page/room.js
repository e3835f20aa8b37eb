import { byId, setText } from './dom.js';
import { onWidth } from './layout.js';

/** Races that are shown as long as the user does not want to see all: on a phone, and elsewhere. */
const few = { narrow: 8, wide: 20 };

/**
 * Makes the function that hides the races of a list for which there is no room, unless the user wants to see all.
 * @param {HTMLElement} list
 * @param {() => void} onChange called when there is room for others
 * @returns {{ showSome: () => void }} `showSome`: to be called when there are other races
 */
export function createRoom(list, onChange) {
  const button = byId('all-races');
  let most = few.wide;

  const showSome = () => {
    const areAllShown = button.ariaExpanded === 'true';
    const races = /** @type {HTMLElement[]} */ ([...list.children]);
    for (const [index, race] of races.entries()) race.hidden = !areAllShown && index >= most;
    button.hidden = races.length <= most;
    setText(button, areAllShown ? 'Show fewer' : `Show all ${races.length}`);
  };
  button.addEventListener('click', () => {
    button.ariaExpanded = String(button.ariaExpanded !== 'true');
    showSome();
    onChange();
  });
  onWidth((isNarrow) => {
    most = isNarrow ? few.narrow : few.wide;
    showSome();
    onChange();
  });
  return { showSome };
}
