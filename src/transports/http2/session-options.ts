import type { ClientHttp2Session } from 'node:http2';
import { maxWindowBytes } from './receive-window.ts';

/**
 * All that the protocol has for the responses of a connection together: Node lets the endpoint go on at once whoever pauses,
 * so that only the windows of the streams limit anything. A response of a node:http2 server that did not read its request is
 * reset before its end when it meets a limit that a neighbour has used up.
 */
const connectionWindowBytes = 2 ** 31 - 1;

/** How we speak HTTP/2, beyond what Node does by itself. */
export const sessionOptions = {
  settings: { enablePush: false, initialWindowSize: maxWindowBytes },
  // A header that comes twice goes on twice; Node 22 does not know this yet, and such a request fails there.
  strictSingleValueFields: false,
  // A value that begins or ends in white space, as nginx lets people write, would vanish (node 56703).
  strictFieldWhitespaceValidation: false,
  // As many as node:http takes; Node stops at 128 here.
  maxHeaderListPairs: 2_000,
  // What comes for a stream that was cancelled counts as invalid; after 1,000 of these Node would close the connection.
  maxSessionInvalidFrames: 2 ** 31 - 1,
  // In megabytes. Node counts what was not sent of a cancelled upload for ever, and refuses all that is above.
  maxSessionMemory: 1_000_000,
};

/** Node knows no option for it: with the 64 KiB of the protocol all responses together get one megabyte a second at 50 ms. */
export function widen(session: ClientHttp2Session): void {
  session.once('connect', () => session.setLocalWindowSize(connectionWindowBytes));
}
