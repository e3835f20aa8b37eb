import type { Candidate } from '../../src/endpoints/candidate.ts';
import type { EndpointPool } from '../../src/endpoints/pool.ts';
import type { AttemptOutcome } from '../../src/errors.ts';
import { Events } from '../../src/events/proxy-events.ts';
import { Reporter } from '../../src/events/reporter.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { BalancingProxyOptions } from '../../src/options/options.ts';
import { planFor } from '../../src/proxy/plan.ts';
import { ProxyServer } from '../../src/proxy/proxy-server.ts';
import type { HedgeBudget } from '../../src/race/budget.ts';
import { Race } from '../../src/race/race.ts';
import { clientRequest } from '../http/client-request.ts';
import { endpointsIn } from '../options/problems.ts';

/** An endpoint as a formula. */
export interface VirtualEndpoint {
  /** How long the next answer takes, in milliseconds. */
  serviceMs(): number;
  /** Whether the next answer is usable. @default every one is */
  isWell?(): boolean;
}

/** An answer, or the lack of a usable one. */
interface Answer {
  readonly isUsable: boolean;
  end(outcome: AttemptOutcome): void;
}

const get = clientRequest({});

/** A proxy without sockets: its plan, its endpoints' state, its budget and its races are real, its endpoints and times are not. */
export class VirtualProxy {
  /** Requests that endpoints got. */
  sent = 0;
  /** Those of them that a hedge delay has started. */
  hedges = 0;
  readonly #endpoints: readonly VirtualEndpoint[];
  readonly #config;
  readonly #pool: EndpointPool;
  readonly #budget: HedgeBudget;
  readonly #candidates: readonly Candidate[];

  constructor(options: Omit<BalancingProxyOptions, 'endpoints'>, endpoints: readonly VirtualEndpoint[]) {
    this.#endpoints = endpoints;
    this.#config = resolveOptions({ ...options, endpoints: endpoints.map((_, number) => `http://${number}.example`) });
    const { pool, budget } = new ProxyServer(this.#config);
    this.#pool = pool;
    this.#budget = budget;
    this.#candidates = pool.candidatesAt(endpointsIn(this.#config));
  }

  /** Hedges that the budget did not allow. */
  get denied(): number {
    return this.#budget.denied;
  }

  /** Asks the endpoints. Resolves with whether one was usable. */
  async request(): Promise<boolean> {
    const reporter = new Reporter(new Events(), {
      requestId: 1,
      xRequestId: undefined,
      req: get,
      trustForwarded: undefined,
    });
    const plan = planFor(get, { config: this.#config, budget: this.#budget, reporter, isReplayable: true });
    if (plan.pace.leaseHedge) this.#budget.deposit();
    const chosen = this.#pool.choose(this.#candidates, plan.choice);
    const next = (isByTime: boolean) => {
      const stage = chosen.next(isByTime);
      return stage && { ...plan.pace, ...stage };
    };
    const winner = await new Race<Candidate, Answer>({
      ...plan.pace,
      ...(next(false) ?? { candidates: [] }),
      nextStage: next,
      signal: new AbortController().signal,
      loserGraceMs: this.#config.loserGraceMs,
      start: (candidate, abort, reason) => {
        chosen.started(candidate);
        if (reason === 'hedge') this.hedges++;
        return this.#ask(candidate, abort.signal);
      },
      isUsable: ({ isUsable }) => isUsable,
      discard: ({ value }) => value.end(value.isUsable ? 'lost' : 'unusable'),
    }).run();
    winner?.value.end('won');
    return winner !== undefined;
  }

  #ask({ endpoint }: Candidate, signal: AbortSignal): Promise<Answer> {
    const server = this.#endpoints[Number.parseInt(endpoint.name.replace('http://', ''), 10)];
    if (!server) throw new RangeError(`no endpoint ${endpoint.name}`);
    this.sent++;
    endpoint.attemptStarted();
    const startedAt = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => {
      const elapsedMs = performance.now() - startedAt;
      const end = (outcome: AttemptOutcome) => void endpoint.attemptEnded({ outcome, elapsedMs });
      resolve({ isUsable: server.isWell?.() ?? true, end });
    }, server.serviceMs());
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      endpoint.attemptEnded({ outcome: 'cancelled', elapsedMs: performance.now() - startedAt });
      reject(signal.reason);
    });
    return promise;
  }
}
