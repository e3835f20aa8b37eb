import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { sendAttempt } from './attempt.ts';
import type { EndpointSnapshot } from './endpoints/endpoint.ts';
import { EndpointPool } from './endpoints/pool.ts';
import { BalancingProxyError, messageOf } from './errors.ts';
import { Events, type Observer } from './events.ts';
import { Exchange } from './exchange.ts';
import { announcesBody, bufferBody } from './http/body.ts';
import { outgoingRequest } from './http/outgoing.ts';
import { breakOff, respond, respondPlainly } from './http/respond.ts';
import { isLoop } from './http/via.ts';
import { InFlight } from './in-flight.ts';
import { resolveOptions } from './options/config.ts';
import type { BalancingProxyOptions } from './options/options.ts';
import { delayMsOf } from './race/delay.ts';
import { race } from './race/race.ts';

/** Connect's and Express's `next`. */
export type Next = (error?: unknown) => void;

/** The middleware that {@link createBalancingProxy} makes. */
export interface BalancingProxy {
  /** Answers one request. Without `next`, errors are answered with a short plain response. */
  (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse, next?: Next): void;
  /** The state of every endpoint at this moment. */
  readonly endpoints: readonly EndpointSnapshot[];
  /**
   * Reports what happens to every request; an observer that throws harms nobody.
   * @returns its unsubscribe.
   */
  subscribe(observer: Observer): () => void;
  /** Refuses new requests with 503, waits for those in flight, then closes the connections to the endpoints. */
  close(): Promise<void>;
}

/**
 * Makes a middleware that forwards every request to several endpoints, streams the first usable response to the client
 * and cancels the rest.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong with the options.
 */
export function createBalancingProxy(options: BalancingProxyOptions): BalancingProxy {
  const config = resolveOptions(options);
  const pool = new EndpointPool(config.endpoints);
  const events = new Events();
  const inFlight = new InFlight();
  const delayMs = delayMsOf(config.strategy);
  let requestCount = 0;

  function balancingProxy(req: IncomingMessage, res: ServerResponse, next?: Next): void {
    const exchange = new Exchange(++requestCount, { req, res, events, totalMs: config.timeouts.totalMs });
    inFlight.add(
      forward(exchange).then(
        (bytes) => exchange.end({ bytes }),
        (thrown: unknown) => {
          const error = toProxyError(thrown);
          exchange.end({ error });
          answerError(error, { req, res, next });
        },
      ),
    );
  }

  /** The story of one request. Resolves with the number of body bytes that the client was given. */
  async function forward(exchange: Exchange): Promise<number> {
    const { req, res, signal } = exchange;
    if (inFlight.isClosed) throw closed();
    if (isLoop(req.rawHeaders, config.via)) throw loop();
    const body = announcesBody(req) ? await bufferBody(req, config.bodyLimitBytes) : undefined;
    const outgoing = outgoingRequest(req, body, config);

    const winner = await race({
      candidates: pool.candidates(),
      signal,
      async start(endpoint, abort) {
        const attempt = exchange.startAttempt(endpoint);
        return sendAttempt(attempt, { outgoing, config, abort }).catch((error) => {
          exchange.attemptEnded(attempt);
          throw error;
        });
      },
      isUsable: (answer) => answer.isUsable,
      delayMs: () => delayMs,
      discard: (answer, abort) => exchange.discard(answer, abort),
    });

    const answer = exchange.settle(winner);
    const added = config.exposeEndpoint ? ['X-Served-By', answer.attempt.endpoint.name] : [];
    return respond(res, { ...answer, added, idleMs: config.timeouts.idleMs });
  }

  return Object.defineProperties(balancingProxy, {
    endpoints: { get: () => pool.snapshots(), enumerable: true },
    subscribe: { value: (observer: Observer) => events.subscribe(observer), enumerable: true },
    close: {
      value: async () => {
        await inFlight.close();
        await config.transport.close();
      },
      enumerable: true,
    },
  }) as BalancingProxy;
}

/** Gives an error to whoever can answer it; a response that has begun is broken off instead. */
function answerError(
  error: BalancingProxyError,
  { req, res, next }: { req: IncomingMessage; res: ServerResponse; next: Next | undefined },
): void {
  if (error.code === 'ERR_BRP_CLIENT_GONE') return;
  if (res.headersSent) {
    breakOff(res);
    return;
  }
  if (!next) {
    respondPlainly(req, res, error);
    return;
  }
  try {
    next(error);
  } catch {
    if (res.headersSent) breakOff(res);
    else respondPlainly(req, res, error);
  }
}

function toProxyError(thrown: unknown): BalancingProxyError {
  if (thrown instanceof BalancingProxyError) return thrown;
  return new BalancingProxyError('ERR_BRP_ATTEMPT', `the request failed: ${messageOf(thrown)}`, { cause: thrown });
}

function closed(): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CLOSED', 'the proxy is closed', { headers: { 'Retry-After': '1' } });
}

function loop(): BalancingProxyError {
  const advice = 'an endpoint leads back to this proxy';
  return new BalancingProxyError('ERR_BRP_LOOP', `the request has been here before: ${advice}`);
}
