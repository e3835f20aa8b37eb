import http from 'node:http';
import {
  type BalancingProxyOptions,
  createBalancingProxy,
  type EndpointSnapshot,
  type ProxyEvent,
} from '../../../src/index.ts';
import { type FakeAnswer, fakeTransport } from '../../../src/testing/testing.ts';
import { untilNoTimer } from '../../helpers/fake-time.ts';
import { ClientConnection, type Message } from '../silences/client.ts';

type Told<Type extends ProxyEvent['type']> = Extract<ProxyEvent, { readonly type: Type }>;

/** The start of an attempt, with the state of all endpoints at that moment. */
export type Start = Told<'attempt-started'> & {
  readonly atMs: number;
  readonly endpoints: readonly EndpointSnapshot[];
  /** The attempts of the same request that have ended by then. */
  readonly ended: readonly Told<'attempt-ended'>[];
  /** Milliseconds since the latest of them ended, if nobody is under way. */
  readonly restedMs: number | undefined;
};

/** All that there is to say of one request. */
export interface Account {
  readonly message: Message | undefined;
  readonly startedAtMs: number;
  readonly starts: readonly Start[];
  readonly requestsEnded: readonly Told<'request-ended'>[];
}

/** A request that comes so many milliseconds after the one before. */
interface PlannedRequest {
  readonly method: string;
  readonly afterMs: number;
}

/** Plays requests to a proxy whose endpoints are named `e0` and so on, until nothing more happens. */
export async function play(
  options: Omit<BalancingProxyOptions, 'transport'>,
  planned: readonly PlannedRequest[],
  answer: FakeAnswer,
) {
  const proxy = createBalancingProxy({ ...options, transport: fakeTransport(answer) });
  const server = http.createServer((req, res) => proxy(req, res));
  const recorders = planned.map(() => new Recorder());
  proxy.subscribe((event) => 'url' in event && recorders[Number(event.url.slice(1))]?.record(event, proxy.endpoints));
  let atMs = 0;
  for (const [number, { method, afterMs }] of planned.entries()) {
    atMs += afterMs;
    const body = method === 'POST' ? 'Content-Length: 4\r\n\r\nonce' : '\r\n';
    const bytes = `${method} /${number} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${body}`;
    setTimeout(() => {
      server.emit('connection', recorders[number]?.client);
      recorders[number]?.client.push(bytes);
    }, atMs);
  }
  await untilNoTimer();
  return { proxy, accounts: recorders.map((recorder) => recorder.account()) };
}

/** Takes note of all that happens for one request. */
class Recorder {
  readonly client = new ClientConnection({ readMs: 0, leavesAfterMs: undefined });
  readonly #starts: Start[] = [];
  readonly #ended: Told<'attempt-ended'>[] = [];
  readonly #requestsEnded: Told<'request-ended'>[] = [];
  #startedAtMs = NaN;
  #latestEndMs = NaN;

  record(event: ProxyEvent, endpoints: readonly EndpointSnapshot[]): void {
    const atMs = performance.now();
    if (event.type === 'request-started') this.#startedAtMs = atMs;
    if (event.type === 'request-ended') this.#requestsEnded.push(event);
    if (event.type === 'attempt-started') {
      const isIdle = this.#ended.length === this.#starts.length;
      const restedMs = isIdle ? atMs - this.#latestEndMs : undefined;
      this.#starts.push({ ...event, atMs, endpoints, ended: [...this.#ended], restedMs });
    }
    if (event.type === 'attempt-ended') {
      this.#ended.push(event);
      this.#latestEndMs = atMs;
    }
  }

  account(): Account {
    const { message } = this.client;
    return {
      message,
      startedAtMs: this.#startedAtMs,
      starts: this.#starts,
      requestsEnded: this.#requestsEnded,
    };
  }
}
