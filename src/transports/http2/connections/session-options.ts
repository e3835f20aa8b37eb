import type { ClientHttp2Session } from 'node:http2';
import { maxWindowBytes } from './receive-window.ts';

/**
 * Window for all responses of a connection together: the largest that there is. A reader that pauses limits nothing here, since Node has
 * the endpoint go on at once; only the windows of the streams do. And when a neighbour has used up a smaller window, a node:http2
 * server that did not read its request resets the response before its end.
 */
const connectionWindowBytes = 2 ** 31 - 1;

/** How we speak HTTP/2, beyond what Node does by itself. */
export const sessionOptions = {
  settings: { enablePush: false, initialWindowSize: maxWindowBytes },
  // Lets a header go on twice that came twice; Node 22 does not know the option, and such a request fails there.
  strictSingleValueFields: false,
  // Without this a value that begins or ends in white space, as nginx lets people write, would vanish (node 56703).
  strictFieldWhitespaceValidation: false,
  // As many as node:http takes; Node stops at 128 here.
  maxHeaderListPairs: 2_000,
  // Frames for a stream that was cancelled count as invalid, and after 1,000 of them Node would close the connection.
  maxSessionInvalidFrames: 2 ** 31 - 1,
  // In megabytes. Node counts the rest of a cancelled upload for ever, and would refuse all streams above its limit.
  maxSessionMemory: 1_000_000,
};

/**
 * Widens the window of a new session, for which Node has no option: with the protocol's 64 KiB all responses together get one
 * megabyte a second at 50 ms.
 */
export function widen(session: ClientHttp2Session): void {
  session.once('connect', () => session.setLocalWindowSize(connectionWindowBytes));
}
