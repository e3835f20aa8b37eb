import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type Duplex, Readable } from 'node:stream';
import { answerError, type Next, toProxyError } from './answer-error.ts';
import type { EndpointSnapshot } from './endpoints/endpoint.ts';
import { type Candidate, EndpointPool } from './endpoints/pool.ts';
import { BalancingProxyError } from './errors.ts';
import { Events, type Observer } from './events.ts';
import { Exchange } from './exchange.ts';
import { noBody, takeBody } from './http/body.ts';
import { outgoingRequest } from './http/outgoing.ts';
import { respond } from './http/respond.ts';
import { rewrittenUrl } from './http/target.ts';
import { asksForUpgrade, UpgradeClient } from './http/upgrade.ts';
import { isLoop } from './http/via.ts';
import { InFlight } from './in-flight.ts';
import { clientHeaders } from './judge.ts';
import { type Config, resolveOptions } from './options/config.ts';
import { addressesFor } from './options/endpoint-parser.ts';
import type { BalancingProxyOptions } from './options/options.ts';
import { HedgeBudget } from './race/budget.ts';
import { race } from './race/race.ts';
import { Reporter } from './reporter.ts';
import { planFor } from './strategy.ts';
import { untilAborted } from './until-aborted.ts';

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
  /** How often the hedge budget was used up when the hedge delay was over. */
  readonly hedgesDenied: number;
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
  const server = new ProxyServer(resolveOptions(options));

  function balancingProxy(req: IncomingMessage, res: ServerResponse, next?: Next): void {
    server.serve({ req, res, next });
  }

  return Object.defineProperties(balancingProxy, {
    upgrade: {
      value: (req: IncomingMessage, socket: Duplex, head: Buffer) => {
        const client = new UpgradeClient(req, socket, head);
        server.serve({ req, res: client.res, client });
      },
      enumerable: true,
    },
    endpoints: { get: () => server.pool.snapshots(), enumerable: true },
    hedgesDenied: { get: () => server.budget.denied, enumerable: true },
    subscribe: { value: (observer: Observer) => server.events.subscribe(observer), enumerable: true },
    close: { value: () => server.close(), enumerable: true },
  }) as BalancingProxy;
}

/** What outlives a request: the state of the endpoints, the budget, the observers, and what is in flight. */
class ProxyServer {
  readonly pool: EndpointPool;
  readonly budget: HedgeBudget;
  readonly events = new Events();
  readonly #config: Config;
  readonly #fixedCandidates: readonly Candidate[] | undefined;
  readonly #inFlight = new InFlight();
  #requestCount = 0;

  constructor(config: Config) {
    const { endpoints, ejection, maxInFlight, hedge } = config;
    this.#config = config;
    this.pool = new EndpointPool({ ejection, maxInFlight, hedge });
    this.budget = new HedgeBudget(hedge);
    this.#fixedCandidates = typeof endpoints === 'function' ? undefined : this.pool.candidatesAt(endpoints);
  }

  serve({ req, res, next, client }: Call): void {
    const reporter = new Reporter(this.events, ++this.#requestCount, req);
    const { totalMs } = this.#config.timeouts;
    this.#inFlight.begin();
    const exchange = new Exchange({ req, res, reporter, totalMs, onEnd: () => this.#inFlight.end() });
    this.#forward(exchange, client).then(
      (bytes) => exchange.end({ bytes }),
      (thrown: unknown) => {
        // A client that goes away within the body makes the endpoint's stream break, which is not the endpoint's fault.
        const error = toProxyError(exchange.signal.aborted ? exchange.signal.reason : thrown);
        exchange.end({ error });
        answerError(error, { req, res, next });
      },
    );
  }

  /** The story of one request. Resolves with the number of body bytes that the client was given. */
  async #forward(exchange: Exchange, client: UpgradeClient | undefined): Promise<number> {
    const { req, res, signal } = exchange;
    const config = this.#config;
    if (this.#inFlight.isClosed) throw closed();
    if (isLoop(req.rawHeaders, config.via)) throw loop();

    const isUpgrade = client !== undefined && asksForUpgrade(req);
    const taken = client ? noBody : takeBody(req, config);
    const body = taken instanceof Promise ? await untilAborted(taken, signal) : taken;
    const isReplayable = !(body.content instanceof Readable);
    exchange.isBodyStreamed = !isReplayable;
    const outgoing = outgoingRequest(req, config, { url: rewrittenUrl(req, config), body, isUpgrade });

    const candidates = this.#fixedCandidates ?? (await this.#candidatesFor(exchange));
    const plan = planFor(req, { config, budget: this.budget, reporter: exchange.reporter, isReplayable });
    exchange.strategy = plan.strategy;
    this.budget.deposit();
    const winner = await race({
      ...plan.pace,
      candidates: this.pool.choose(candidates, plan.choice),
      signal,
      start: (candidate, abort, reason) => {
        const attempt = exchange.attempt(candidate, reason, { req, outgoing, config, abort });
        return plan.track(attempt, reason);
      },
      isUsable: (answer) => answer.isUsable,
      isPreferred: (answer) => answer.isPreferred,
      preferGraceMs: config.preferGraceMs,
      loserGraceMs: config.loserGraceMs,
      discard: (answer, abort) => exchange.discard(answer, abort),
    });

    const answer = exchange.settle(winner);
    const { response } = answer;
    const headers = clientHeaders(answer, config.exposeEndpoint);
    if (client && response.upgraded) return client.accept(response.upgraded, { response, headers });
    return respond(res, { ...answer, headers, idleMs: config.timeouts.idleMs });
  }

  async #candidatesFor({ req, signal }: Exchange): Promise<readonly Candidate[]> {
    return this.pool.candidatesAt(await untilAborted(addressesFor(req, this.#config), signal));
  }

  async close(): Promise<void> {
    await this.#inFlight.close();
    await this.#config.transport.close();
  }
}

function closed(): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CLOSED', 'the proxy is closed', { headers: { 'Retry-After': '1' } });
}

function loop(): BalancingProxyError {
  const advice = 'an endpoint leads back to this proxy';
  return new BalancingProxyError('ERR_BRP_LOOP', `the request has been here before: ${advice}`);
}
