import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import { clientHeaders } from '../attempts/client-headers.ts';
import type { JudgedResponse } from '../attempts/judged-response.ts';
import { type OutgoingRequest, outgoingRequest } from '../attempts/outgoing.ts';
import { conditionOf } from '../attempts/release.ts';
import { noBody } from '../attempts/request-body.ts';
import { takeBody } from '../client/request/body.ts';
import { answerError } from '../client/response/answer-error.ts';
import { answerAsRecipient } from '../client/response/final-recipient.ts';
import { respond } from '../client/response/respond.ts';
import { checkUpgrade, UpgradeClient } from '../client/upgrade/upgrade.ts';
import { addressesFor } from '../endpoints/addresses.ts';
import { type Candidate, EndpointPool } from '../endpoints/pool.ts';
import { BalancingProxyError } from '../errors.ts';
import { Events, type Observer } from '../events/events.ts';
import { Reporter } from '../events/reporter.ts';
import { isForUs } from '../http/max-forwards.ts';
import { onWire } from '../http/on-wire.ts';
import { rewrittenUrl } from '../http/target.ts';
import { isLoop } from '../http/via.ts';
import { requestLogger } from '../observers/log/logger.ts';
import { type Config, resolveOptions } from '../options/config.ts';
import { givenAddresses } from '../options/endpoint.ts';
import type { BalancingProxyOptions } from '../options/options.ts';
import { HedgeBudget } from '../race/budget.ts';
import type { RaceOptions } from '../race/rules.ts';
import type { Next } from '../support/next.ts';
import { untilAborted } from '../support/until-aborted.ts';
import type { BalancingProxy } from './balancing-proxy.ts';
import { Exchange } from './exchange.ts';
import { InFlight } from './in-flight.ts';
import { type Plan, planFor } from './plan.ts';

/** One request as it comes in. */
interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next?: Next | undefined;
  /** Who asks for an upgrade. */
  readonly client?: UpgradeClient;
}

/** What a race is about. */
interface Contest {
  readonly outgoing: OutgoingRequest;
  readonly plan: Plan;
  readonly candidates: readonly Candidate[];
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

  const proxy = Object.defineProperties(balancingProxy, {
    upgrade: {
      value: (req: IncomingMessage, socket: Duplex, head: Buffer) => {
        const client = new UpgradeClient(req, socket, head);
        server.serve({ req, res: client.res, client });
      },
      enumerable: true,
    },
    endpoints: { get: () => server.pool.snapshots(), enumerable: true },
    hedgesDenied: { get: () => server.budget.denied, enumerable: true },
    drain: { value: (endpoint: string) => server.change(endpoint, 'drain'), enumerable: true },
    restore: { value: (endpoint: string) => server.change(endpoint, 'restore'), enumerable: true },
    subscribe: { value: (observer: Observer) => server.events.subscribe(observer), enumerable: true },
    close: { value: () => server.close(), enumerable: true },
  }) as BalancingProxy;
  server.events.reportAs(proxy);
  return proxy;
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
    const { endpoints, ejection, maxInFlight, hedge, logger, logQuery } = config;
    this.#config = config;
    this.pool = new EndpointPool({ ejection, maxInFlight, hedge });
    this.budget = new HedgeBudget(hedge);
    if (logger) this.events.subscribe(requestLogger(logger, { logQuery }));
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
        const error = exchange.errorOf(thrown);
        exchange.end({ error });
        answerError(error, { req, res, next, readBody: exchange.readBody });
      },
    );
  }

  /** The story of one request. Resolves with the number of body bytes that the client was given. */
  async #forward(exchange: Exchange, client: UpgradeClient | undefined): Promise<number> {
    const { req, res, signal } = exchange;
    const config = this.#config;
    if (this.#inFlight.isClosed) throw closed();
    if (isLoop(onWire(req, 'via'), config.via)) throw loop();
    if (isForUs(req)) return answerAsRecipient(req, res);

    const isUpgrade = client !== undefined && checkUpgrade(req);
    const taken = client ? noBody : takeBody(req, config, signal);
    const body = taken instanceof Promise ? await taken : taken;
    const isReplayable = !(body.content instanceof Readable);
    exchange.isBodyStreamed = !isReplayable;
    if (body.state === 'untouched' && body.content instanceof Buffer) exchange.readBody = body.content;
    const outgoing = outgoingRequest(req, config, { url: rewrittenUrl(req, config), body, isUpgrade });

    const candidates = this.#fixedCandidates ?? (await this.#candidatesFor(exchange));
    const plan = planFor(req, { config, budget: this.budget, reporter: exchange.reporter, isReplayable });
    exchange.strategy = plan.strategy;
    this.budget.deposit();
    const { idleMs, clientMs } = config.timeouts;
    const answer = await exchange.settle(this.#contest(exchange, { outgoing, plan, candidates }), idleMs);
    const { response } = answer;
    const headers = clientHeaders(answer, config.exposeEndpoint);
    if (client && response.upgraded) return client.accept(response.upgraded, { response, headers, clientMs });
    const onHead = (): void => {
      exchange.readBody = undefined;
    };
    return respond(res, { ...answer, headers, idleMs, clientMs, onHead });
  }

  /**
   * The race for a request. The body is among what its functions know, and goes with them: not to be kept as long as the response
   * is open.
   */
  #contest(exchange: Exchange, { outgoing, plan, candidates }: Contest): RaceOptions<Candidate, JudgedResponse> {
    const config = this.#config;
    const { req, signal } = exchange;
    return {
      ...plan.pace,
      candidates: this.pool.choose(candidates, plan.choice),
      mayStart: ({ endpoint }) => endpoint.mayBeAsked,
      signal,
      start: (candidate, abort, reason) => exchange.ledger.make(candidate, reason, { req, outgoing, config, abort }),
      isUsable: (answer) => answer.isUsable,
      isPreferred: (answer) => answer.isPreferred,
      preferGraceMs: config.preferGraceMs,
      loserGraceMs: config.loserGraceMs,
      conditionOf,
      discard: (arrival) => exchange.discard(arrival),
    };
  }

  async #candidatesFor({ req, signal }: Exchange): Promise<readonly Candidate[]> {
    const addresses = addressesFor(req, this.#config.endpoints, givenAddresses);
    return this.pool.candidatesAt(await untilAborted(addresses, signal));
  }

  /** Does as an operator says. @returns whether there is such an endpoint. */
  change(name: string, change: 'drain' | 'restore'): boolean {
    const endpoints = this.pool.named(name);
    const type = change === 'drain' ? 'endpoint-drained' : 'endpoint-restored';
    for (const endpoint of endpoints) {
      if (endpoint[change]() && this.events.isHeard(type)) this.events.emit({ type, endpoint: name });
    }
    return endpoints.length > 0;
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
