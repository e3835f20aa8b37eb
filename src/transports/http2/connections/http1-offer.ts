import { type ConnectSettings, type OpenSockets, openSocket } from './socket.ts';

/** Milliseconds for which it is remembered whether an endpoint offers HTTP/1.1. */
const offerMs = 3_600_000;

/** Whether an endpoint that speaks HTTP/2 offers HTTP/1.1, too. */
export class Http1Offer {
  readonly #sockets: OpenSockets;
  #answer: Promise<boolean> | undefined;
  #untilMs = 0;

  /** @param sockets get the ones that are opened to ask. */
  constructor(sockets: OpenSockets) {
    this.#sockets = sockets;
  }

  /** Asks the endpoint, unless the answer is known; an endpoint that cannot be reached is taken to offer HTTP/1.1. */
  ask(settings: ConnectSettings): Promise<boolean> {
    if (this.#answer && performance.now() < this.#untilMs) return this.#answer;
    return this.know(this.#ask(settings));
  }

  /** Remembers an answer, and gives it. */
  know(answer: Promise<boolean>): Promise<boolean> {
    this.#answer = answer;
    this.#untilMs = performance.now() + offerMs;
    return answer;
  }

  async #ask(settings: ConnectSettings): Promise<boolean> {
    try {
      const socket = await openSocket(settings, { protocols: ['http/1.1'], sockets: this.#sockets });
      socket.destroy();
      return socket.alpnProtocol === 'http/1.1';
    } catch (error) {
      const isRefused = String((error as NodeJS.ErrnoException).code).endsWith('NO_APPLICATION_PROTOCOL');
      // The request that uses the connection next finds out what is wrong.
      if (!isRefused) this.#answer = undefined;
      return !isRefused;
    }
  }
}
