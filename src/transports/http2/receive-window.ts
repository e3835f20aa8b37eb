import type { ClientHttp2Session, Settings } from 'node:http2';

/** Most bytes of one response that an endpoint may send ahead of its reader: what is on its way at 40 MB/s and 100 ms. */
export const maxWindowBytes = 4 * 1_048_576;

/** What all responses of an endpoint may pile up together, about: as much as a window for each of the first sixteen. */
const allWindowsBytes = 16 * maxWindowBytes;

/** Below that an endpoint at 100 ms could send 1.3 MB/s only. */
const minWindowBytes = 131_072;

/**
 * How many bytes of each response an endpoint may send ahead of its reader, when so many large ones are under way. They pile
 * up in memory for readers that pause, and the more there are, the less each of them needs to fill the line.
 * @param current what they may now: a window that was made smaller grows again only when it can by far, and not at every
 * response that ends.
 */
export function receiveWindow(large: number, current: number): number {
  const share = allWindowsBytes / Math.max(1, large);
  const power = 2 ** Math.floor(Math.log2(share));
  const window = Math.min(maxWindowBytes, Math.max(minWindowBytes, power));
  return window > current && window < 4 * current && window < maxWindowBytes ? current : window;
}

/** The window that an endpoint has for each response of a connection, as far as it knows. */
export class AnnouncedWindow {
  readonly #session: ClientHttp2Session;
  readonly #settings: Settings;
  #bytes = maxWindowBytes;
  #wantedBytes = maxWindowBytes;
  #isOnItsWay = false;

  /** @param settings what the session was opened with. */
  constructor(session: ClientHttp2Session, settings: Settings) {
    this.#session = session;
    this.#settings = settings;
  }

  /** Announces another window, as soon as the endpoint has acknowledged the one before: with more than ten that are not, Node closes the connection. */
  set(bytes: number): void {
    this.#wantedBytes = bytes;
    const session = this.#session;
    if (this.#bytes === bytes || this.#isOnItsWay || session.destroyed || session.closed) return;
    this.#bytes = bytes;
    this.#isOnItsWay = true;
    session.settings({ ...this.#settings, initialWindowSize: bytes }, () => {
      this.#isOnItsWay = false;
      this.set(this.#wantedBytes);
    });
  }
}
