import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type Duplex, Readable } from 'node:stream';
import type { EndpointSnapshot } from './endpoints/endpoint.ts';
import { EndpointPool } from './endpoints/pool.ts';
import { BalancingProxyError, messageOf } from './errors.ts';
import { Events, type Observer } from './events.ts';
import { Exchange } from './exchange.ts';
import { noBody, takeBody } from './http/body.ts';
import { outgoingRequest } from './http/outgoing.ts';
import { breakOff, respond, respondPlainly } from './http/respond.ts';
import { rewrittenUrl } from './http/target.ts';
import { asksForUpgrade, UpgradeClient } from './http/upgrade.ts';
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
  /**
   * Answers a request for an upgrade, such as a WebSocket's: `server.on('upgrade', proxy.upgrade)`. The handshake is
   * raced like any request; the first endpoint that switches protocols is joined to the client.
   */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
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

/** One request as it comes in. */
interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next?: Next | undefined;
  /** Who asks for an upgrade. */
  readonly client?: UpgradeClient;
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
    serve({ req, res, next });
  }

  function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const client = new UpgradeClient(req, socket, head);
    serve({ req, res: client.res, client });
  }

  function serve({ req, res, next, client }: Call): void {
    const exchange = new Exchange(++requestCount, { req, res, events, totalMs: config.timeouts.totalMs });
    inFlight.add(
      forward(exchange, client).then(
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
  async function forward(exchange: Exchange, client: UpgradeClient | undefined): Promise<number> {
    const { req, res, signal } = exchange;
    if (inFlight.isClosed) throw closed();
    if (isLoop(req.rawHeaders, config.via)) throw loop();

    const isUpgrade = client !== undefined && asksForUpgrade(req);
    const taken = client ? noBody : takeBody(req, config);
    const body = taken instanceof Promise ? await taken : taken;
    const isReplayable = !(body.content instanceof Readable);
    if (!isReplayable) exchange.bodyStreamed();
    const outgoing = outgoingRequest(req, config, { url: rewrittenUrl(req, config), body, isUpgrade });

    const winner = await race({
      candidates: pool.candidates({ most: isReplayable ? Infinity : 1 }),
      signal,
      start: (endpoint, abort) => exchange.attempt(endpoint, { req, outgoing, config, abort }),
      isUsable: (answer) => answer.isUsable,
      delayMs: () => delayMs,
      discard: (answer, abort) => exchange.discard(answer, abort),
    });

    const answer = exchange.settle(winner);
    const { upgraded } = answer.response;
    if (client && upgraded) return client.accept(upgraded, answer);
    return respond(res, { ...answer, idleMs: config.timeouts.idleMs });
  }

  return Object.defineProperties(balancingProxy, {
    upgrade: { value: upgrade, enumerable: true },
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
  try {
    if (next && !res.headersSent) {
      next(error);
      return;
    }
  } catch {
    // Then it is ours to answer.
  }
  try {
    if (res.headersSent) breakOff(res);
    else respondPlainly(req, res, error);
  } catch {
    // Middleware has put methods on `res` that throw.
    breakOff(res);
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
