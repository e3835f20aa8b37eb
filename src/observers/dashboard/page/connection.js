/** @import { Frame } from '../history/frame.ts' */

/** Milliseconds of silence after which the connection counts as dead: the server sends something every 5 s, whatever happens. */
const silenceMs = 15_000;

/** Milliseconds until a new try where the browser makes none, as after a 503. */
const retryMs = 3_000;

/** Milliseconds after which a page that nobody sees gives its connection up. */
const hiddenMs = 60_000;

/**
 * The functions that a connection calls.
 * @typedef {object} Listener
 * @property {(frame: Frame, isFirst: boolean) => void} onFrame `isFirst`: the first frame of a connection, which tells all anew
 * @property {(status: 'live' | 'reconnecting') => void} onStatus
 */

/**
 * Keeps a connection to the server for as long as somebody can see the page.
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
 * @returns the function that closes the stream for good
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
