import type { ClientHttp2Session } from 'node:http2';

/**
 * Most bytes of one response that an endpoint may send ahead of its reader: what is on its way at 40 MB/s and 100 ms. As much
 * can pile up in memory for a reader that pauses.
 */
const streamWindowBytes = 4 * 1_048_576;

/** The same for all responses of a connection. Node lets the endpoint go on at once, whoever pauses. */
const connectionWindowBytes = 16 * 1_048_576;

/** How we speak HTTP/2, beyond what Node does by itself. */
export const sessionOptions = {
  settings: { enablePush: false, initialWindowSize: streamWindowBytes },
  // A header that comes twice goes on twice; Node 22 does not know this yet, and such a request fails there.
  strictSingleValueFields: false,
  // What comes for a stream that was cancelled counts as invalid; after 1,000 of these Node would close the connection.
  maxSessionInvalidFrames: 2 ** 31 - 1,
  // In megabytes. Node counts what was not sent of a cancelled upload for ever, and refuses all that is above.
  maxSessionMemory: 1_000_000,
};

/** Node knows no option for it: with the 64 KiB of the protocol all responses together get one megabyte a second at 50 ms. */
export function widen(session: ClientHttp2Session): void {
  session.once('connect', () => session.setLocalWindowSize(connectionWindowBytes));
}
