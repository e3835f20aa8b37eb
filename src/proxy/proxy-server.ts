import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { outgoingRequest } from '../attempts/request/outgoing.ts';
import { noBody } from '../attempts/request/request-body.ts';
import { takeBody } from '../client/request/body.ts';
import { answerError } from '../client/response/answer-error.ts';
import { type ClientHeadersSettings, clientHeaders } from '../client/response/client-headers.ts';
import { answerAsRecipient } from '../client/response/final-recipient.ts';
import { respond } from '../client/response/respond.ts';
import { checkUpgrade, type UpgradeClient } from '../client/upgrade/upgrade.ts';
import type { DnsSnapshot } from '../endpoints/dns/dns-snapshot.ts';
import { EndpointPool } from '../endpoints/pool.ts';
import { BalancingProxyError } from '../errors.ts';
import { Events } from '../events/proxy-events.ts';
import { Reporter } from '../events/reporter.ts';
import type { HeaderList } from '../http/headers.ts';
import { isForUs } from '../http/max-forwards.ts';
import { onWire } from '../http/on-wire.ts';
import { rewrittenUrl } from '../http/target.ts';
import { isLoop } from '../http/via.ts';
import { giveXRequestId } from '../http/x-request-id.ts';
import { requestLogger } from '../observers/log/logger.ts';
import type { Config } from '../options/config.ts';
import { HedgeBudget } from '../race/budget.ts';
import { hedgeDelayMs } from '../race/delay.ts';
import type { Next } from '../support/next.ts';
import { BodyResumer } from './body-resumer.ts';
import { CandidateSource } from './candidate-source.ts';
import { raceFor } from './contest.ts';
import { InFlight } from './in-flight.ts';
import { ownConfig } from './own-config.ts';
import { planFor } from './plan.ts';
import { ProxiedRequest } from './proxied-request.ts';
import { RequestStages } from './request-stages.ts';
import type { SentResponse } from './sent-response.ts';

/** One call of the middleware. */
interface MiddlewareCall {
  /** The client's request. */
  readonly req: IncomingMessage;
  /** The response to it. */
  readonly res: ServerResponse;
  /** Takes errors; without it they are answered with a short plain response. */
  readonly next?: Next | undefined;
  /** The client, when it asks for an upgrade. */
  readonly upgrade?: UpgradeClient | undefined;
}

/** How a response is given to the client. */
interface Answering extends Pick<ClientHeadersSettings, 'candidates'> {
  /** Goes on with a streamed body that breaks off. */
  readonly resumer: BodyResumer | undefined;
  /** The client, when it has asked for an upgrade. */
  readonly upgrade: UpgradeClient | undefined;
}

/** A response whose headers are made. */
interface Sending extends Answering {
  /** The headers for the client. */
  readonly headers: HeaderList;
}

/** Serves the requests of one proxy, with what outlives them: the endpoints' state, the budget, the observers. */
export class ProxyServer {
  /** The state of the endpoints. */
  readonly pool: EndpointPool;
  /** The allowance for hedges. */
  readonly budget: HedgeBudget;
  /** The reports to observers. */
  readonly events = new Events();
  readonly #config: Config;
  readonly #candidates: CandidateSource;
  readonly #inFlight = new InFlight();
  #requestCount = 0;

  constructor(config: Config) {
    const { ejection, maxInFlight, hedge, logger, logQuery } = config;
    this.#config = config;
    this.budget = new HedgeBudget(hedge);
    this.pool = new EndpointPool({
      ejection,
      maxInFlight,
      hedgeDelayMs: (latency) => hedgeDelayMs(hedge, latency, this.budget.tailRatio),
    });
    if (logger) this.events.subscribe(requestLogger(logger, { logQuery }));
    this.#candidates = new CandidateSource(config, this);
  }

  /** Answers one request, or passes its error to `next`. */
  serve({ req, res, next, upgrade }: MiddlewareCall): void {
    const { fallthrough, timeouts, trustForwarded } = this.#config;
    const xRequestId = giveXRequestId(req, res, this.#config);
    const reporter = new Reporter(this.events, { requestId: ++this.#requestCount, xRequestId, req, trustForwarded });
    const mayPassOn = fallthrough && next !== undefined;
    const onEnd = () => this.#inFlight.end();
    this.#inFlight.begin();
    const request = new ProxiedRequest({ req, res, reporter, totalMs: timeouts.totalMs, mayPassOn, onEnd });
    this.#forward(request, upgrade).then(
      (bytes) => request.succeed(bytes),
      (thrown: unknown) => {
        const error = request.fail(thrown);
        const { body, isPassedOn } = request;
        answerError(error, { req, res, next, readBody: body.content, isPassedOn, xRequestId });
      },
    );
  }

  /** The story of one request. Resolves with the number of body bytes that the client was given. */
  async #forward(request: ProxiedRequest, upgrade: UpgradeClient | undefined): Promise<number> {
    const { req, res, reporter, signal } = request;
    const config = this.#config;
    if (this.#inFlight.isClosed) throw closed();
    if (isLoop(onWire(req, 'via'), config.via)) throw loop();
    if (isForUs(req)) return answerAsRecipient(req, res);

    const isUpgrade = upgrade !== undefined && checkUpgrade(req);
    const taking = upgrade ? noBody : takeBody(req, config, signal);
    const body = taking instanceof Promise ? await taking : taking;
    request.body.keep(body);
    const { xRequestId } = reporter;
    const outgoing = outgoingRequest(req, config, { url: rewrittenUrl(req, config), body, isUpgrade, xRequestId });

    const found = this.#candidates.for(req, signal);
    const known = found instanceof Promise ? await found : found;
    const plan = planFor(req, { config, budget: this.budget, reporter, isReplayable: !request.body.isStreamed });
    const chosen = this.pool.choose(known, plan.choice);
    if (plan.pace.leaseHedge) this.budget.deposit();
    const stages = new RequestStages(request, { chosen, pace: plan.pace, outgoing, config });
    const peers = plan.choice.isRace ? undefined : known;
    const race = raceFor(request, { outgoing, course: stages.course(), config, peers });
    const sent = await request.settle({ strategy: plan.strategy, race, config, chosen });
    const isStreamed = sent.judged.body instanceof Readable;
    const { pool } = this;
    const { order } = plan.choice;
    const resumer = isStreamed ? new BodyResumer(request, { sent, outgoing, config, pool, known, order }) : undefined;
    return this.#respond(request, sent, { resumer, upgrade, candidates: known });
  }

  /**
   * Gives the client a response, once its headers are made. Resolves with the number of its body bytes.
   * @throws BalancingProxyError `ERR_BRP_HOOK` when `rewriteResponse` fails: the response has won, so that nobody else is asked.
   */
  #respond(request: ProxiedRequest, sent: SentResponse, answering: Answering): Promise<number> {
    const { req, ledger, signal } = request;
    const { xRequestId } = request.reporter;
    const { candidates } = answering;
    const config = ownConfig(sent.judged.attempt.candidate, this.#config);
    const headers = clientHeaders(sent.judged, { req, config, candidates, attempts: ledger.count, xRequestId, signal });
    if (!(headers instanceof Promise)) return this.#send(request, sent, { ...answering, headers });
    return sent
      .untilRewritten(headers, request.res)
      .then((list) => this.#send(request, sent, { ...answering, headers: list }));
  }

  #send(request: ProxiedRequest, sent: SentResponse, { headers, resumer, upgrade }: Sending): Promise<number> {
    const { clientMs } = this.#config.timeouts;
    const { judged, servedBy: endpoint } = sent;
    const { response } = judged;
    request.reporter.responseStarted({ endpoint, status: response.status, afterMs: request.elapsedMs });
    const onJoin = request.body.count;
    if (upgrade && response.upgraded) return upgrade.accept(response.upgraded, { response, headers, clientMs, onJoin });
    const onHead = () => request.body.forget();
    return respond(request.res, { ...judged, headers, clientMs, resumer, onHead, onCut: sent.wasCutAt });
  }

  /** The names that DNS is asked for, with what it says. */
  get names(): readonly DnsSnapshot[] {
    return this.#candidates.names;
  }

  /** Asks DNS for all names without a fresh answer. Resolves when there are answers for all, good or bad. */
  discover(before: readonly DnsSnapshot[] = []): Promise<void> {
    return this.#candidates.discover(before);
  }

  /** Drains or restores the endpoints of a name. @returns whether there is one. */
  change(name: string, change: 'drain' | 'restore'): boolean {
    const endpoints = this.pool.named(name);
    const type = change === 'drain' ? 'endpoint-drained' : 'endpoint-restored';
    for (const endpoint of endpoints) {
      if (endpoint[change]() && this.events.isHeard(type)) this.events.emit({ type, endpoint: name });
    }
    return endpoints.length > 0;
  }

  /** Refuses new requests, waits for those in flight, then closes the transport. */
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
