/** @import { Frame } from '../frame.ts' */

/** The server is heard of every 5 s, whatever happens; after so many milliseconds without, the connection is dead. */
const silenceMs = 15_000;

/** Until we try again where the browser does not, as after a 503. */
const retryMs = 3_000;

/** A page that nobody has seen for so long lets go of its connection. */
const hiddenMs = 60_000;

/**
 * What a page hears.
 * @typedef {object} Listener
 * @property {(frame: Frame, isFirst: boolean) => void} onFrame `isFirst`: of a new connection, which tells all anew
 * @property {(status: 'live' | 'reconnecting') => void} onStatus
 */

/**
 * Keeps a connection to the server as long as somebody can see the page.
 * @param {Listener} listener
 */
export function connect(listener) {
  let close = open(listener);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;
  let isOpen = true;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(leaving);
    if (document.hidden) {
      leaving = setTimeout(() => {
        isOpen = false;
        close();
      }, hiddenMs);
    } else if (!isOpen) {
      isOpen = true;
      close = open(listener);
    }
  });
}

/**
 * Opens a stream, and another one whenever it breaks.
 * @param {Listener} listener
 * @returns what closes it
 */
function open({ onFrame, onStatus }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {EventSource} */
  let source;

  function start() {
    let isFirst = true;
    source = new EventSource('events');
    source.addEventListener('open', () => {
      isFirst = true;
      heard();
    });
    source.addEventListener('heartbeat', heard);
    source.addEventListener('message', ({ data }) => {
      heard();
      onFrame(JSON.parse(data), isFirst);
      isFirst = false;
    });
    source.addEventListener('error', () => {
      onStatus('reconnecting');
      restartAfter(source.readyState === EventSource.CLOSED ? retryMs : silenceMs);
    });
    restartAfter(silenceMs);
  }

  function heard() {
    onStatus('live');
    restartAfter(silenceMs);
  }

  /** @param {number} ms */
  function restartAfter(ms) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      source.close();
      onStatus('reconnecting');
      start();
    }, ms);
  }

  start();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
