/** @import { Frame } from '../history/frame.ts' */
import { createActions } from './actions.js';
import { announce } from './announcer.js';
import { connect } from './connection.js';
import { byId, setText } from './dom.js';
import { createEndpointTable } from './endpoints.js';
import { showFigures } from './figures.js';
import { keepOrder } from './layout.js';
import { showLegend } from './legend.js';
import { createRaceList, maxRaces } from './races.js';

/** @typedef {{ frame: Frame, isFirst: boolean }} Heard */

keepOrder();
showLegend();
const showEndpoints = createEndpointTable(createActions());
const showRaces = createRaceList();
const connection = byId('connection');
const pause = byId('pause');

/**
 * The frame that came while the page was paused, if any.
 * @type {Heard | undefined}
 */
let missed;

/** @param {Heard} heard */
function showHeard({ frame, isFirst }) {
  showFigures(frame);
  showEndpoints(frame);
  showRaces(frame, isFirst);
}

/**
 * The later one of two, with the races of both.
 * @param {Heard | undefined} earlier
 * @param {Heard} later
 * @returns {Heard}
 */
function merged(earlier, later) {
  if (!earlier || later.isFirst) return later;
  const races = [...earlier.frame.races, ...later.frame.races].slice(-maxRaces);
  return { frame: { ...later.frame, races }, isFirst: earlier.isFirst };
}

function isPaused() {
  return pause.ariaPressed === 'true';
}

pause.addEventListener('click', () => {
  pause.ariaPressed = String(!isPaused());
  setText(pause, isPaused() ? 'Resume' : 'Pause');
  if (missed) showHeard(missed);
  missed = undefined;
});

connect({
  onFrame(frame, isFirst) {
    const heard = { frame, isFirst };
    if (isPaused()) missed = merged(missed, heard);
    else showHeard(heard);
  },
  onStatus(status) {
    if (connection.dataset.status === status) return;
    const isBack = connection.dataset.status === 'reconnecting';
    connection.dataset.status = status;
    setText(connection, status === 'live' ? 'live' : 'reconnecting…');
    if (status === 'reconnecting') announce('The connection is lost.');
    else if (isBack) announce('Live again.');
  },
});
