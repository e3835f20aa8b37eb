import type { ClientHttp2Session, Settings } from 'node:http2';

/**
 * Most bytes of one response that an endpoint may send ahead of its reader: as many as are on their way at 40 MB/s and 100 ms.
 */
export const maxWindowBytes = 4 * 1_048_576;

/** Bytes that all responses of an endpoint may pile up together, about: a whole window for each of the first sixteen. */
const allWindowsBytes = 16 * maxWindowBytes;

/** Smallest window, with which an endpoint at 100 ms can send 1.3 MB/s. */
const minWindowBytes = 131_072;

/**
 * How many bytes of each response an endpoint may send ahead of its reader, when so many large responses are under way: the bytes pile
 * up in memory for readers that pause, and the more responses there are, the less each of them needs to fill the line.
 * @param current the window now: one that was made smaller grows again only when it can by far, not at every response that ends.
 */
export function receiveWindow(large: number, current: number): number {
  const share = allWindowsBytes / Math.max(1, large);
  const power = 2 ** Math.floor(Math.log2(share));
  const window = Math.min(maxWindowBytes, Math.max(minWindowBytes, power));
  return window > current && window < 4 * current && window < maxWindowBytes ? current : window;
}

/** The window for each response of a connection, as the endpoint was told. */
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

  /**
   * Announces another window, as soon as the endpoint has acknowledged the one before: Node closes a connection when more than ten
   * settings are not acknowledged.
   */
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
