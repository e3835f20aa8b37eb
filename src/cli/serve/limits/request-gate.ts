import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type AnyResponse, answerShortly } from './answer-shortly.ts';
import { maxTold, turnAway } from './turn-away.ts';

/** The requests under way: those that are not answered to the end, and the connections that were upgraded. */
export class RequestGate {
  readonly #max: number;
  readonly #onRefused: () => void;
  readonly #responses = new Set<AnyResponse>();
  #upgraded = 0;

  /**
   * @param max most requests under way at a time; 0 is no limit.
   * @param onRefused is told of each request that is refused.
   */
  constructor(max: number, onRefused: () => void) {
    this.#max = max;
    this.#onRefused = onRefused;
  }

  /** The responses that are not sent to their end. */
  get responses(): ReadonlySet<AnyResponse> {
    return this.#responses;
  }

  /** Gives requests to a listener, as long as there are not too many, and answers 503 to the others. */
  admitting(listener: RequestListener): RequestListener {
    return (req, res) => {
      if (this.#isFull) this.#refuse(req, res);
      else {
        this.#follow(res);
        listener(req, res);
      }
    };
  }

  /** Has a client that asks first whether it may send its body (`Expect: 100-continue`) told no, rather than to send it. */
  askedFirst(server: Server): void {
    server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
      // Whether the body comes nevertheless is up to the client, so that the next request cannot be told from it.
      if (this.#isFull && req.httpVersionMajor < 2) res.setHeader('Connection', 'close');
      if (!this.#isFull) res.writeContinue();
      server.emit('request', req, res);
    });
  }

  /** Counts a connection that asks for another protocol until it is closed. @returns false when it was turned away. */
  admitUpgrade(socket: Duplex): boolean {
    if (this.#isFull) {
      this.#onRefused();
      turnAway(socket, maxTold);
      return false;
    }
    this.#upgraded++;
    socket.once('close', () => this.#upgraded--);
    return true;
  }

  /** Forgets responses whose clients are gone: Node 22 closes none that waits behind another one. */
  forgetAbandoned(): void {
    for (const res of this.#responses) if (!res.socket && res.req.socket?.destroyed) this.#responses.delete(res);
  }

  get #isFull(): boolean {
    return this.#max > 0 && this.#responses.size + this.#upgraded >= this.#max;
  }

  #follow(res: AnyResponse): void {
    this.#responses.add(res);
    // A response over HTTP/2 that has no body does not always close.
    (res.stream ?? res).once('close', () => this.#responses.delete(res));
  }

  #refuse(req: IncomingMessage, res: AnyResponse): void {
    this.#onRefused();
    answerShortly(req, res, {
      status: 503,
      text: '503 too many requests are under way\n',
      headers: { 'Retry-After': '1' },
    });
  }
}
