import {
  Counter,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  type PrometheusContentType,
  type Registry,
} from 'prom-client';

/** A prom-client registry of either format. */
export type MetricsRegistry = Registry<PrometheusContentType> | Registry<OpenMetricsContentType>;

/** Every metric. */
export type Instruments = ReturnType<typeof createInstruments>;

/** The things that metrics are made of. */
interface InstrumentSettings {
  /** The registry that gets the metrics. */
  readonly registry: MetricsRegistry;
  /** Upper bounds in seconds, in ascending order. */
  readonly buckets: readonly number[];
  /** Fill the gauges. */
  readonly readers: GaugeReaders;
}

/** Functions that fill the gauges with the values of this moment. Each scrape empties the gauges and calls all of them. */
export interface GaugeReaders {
  /** Sets the number of requests in flight. */
  requestsInFlight(gauge: Gauge): void;
  /** Adds what is in flight at each endpoint, and makes room for the endpoints that are new. */
  endpointInFlight(gauge: Gauge<'endpoint'>): Promise<void>;
  /** Sets the tier of each endpoint. */
  endpointTier(gauge: Gauge<'endpoint'>): void;
  /** Adds 1 for the state of each endpoint, and 0 for all other states. */
  endpointState(gauge: Gauge<'endpoint' | 'state'>): void;
  /** Sets for each name whether DNS fails. */
  dnsFailing(gauge: Gauge<'dns'>): void;
}

/** Registers the metrics. Merging those of several processes adds them up, as prom-client does by default; gauges, too, but for tiers and names. */
export function createInstruments({ registry, buckets, readers }: InstrumentSettings) {
  return {
    ...counters(registry),
    ...histograms(registry, [...buckets]),
    ...gauges(registry, readers),
  };
}

function counters(registry: MetricsRegistry) {
  const count = counterIn(registry);
  return {
    requests: count('requests_total', ['strategy', 'outcome', 'status'], 'Requests that have ended, by how.'),
    errors: count('request_errors_total', ['code'], 'Requests that ended with an error, by its code.'),
    streamed: count('streamed_requests_total', [], 'Requests whose body was too large to be sent twice.'),
    responseBytes: count('response_bytes_total', [], 'Bytes of response bodies that clients got whole.'),
    attempts: count('attempts_total', ['endpoint', 'reason', 'outcome'], 'Attempts that have ended, by why and how.'),
    attemptErrors: count('attempt_errors_total', ['endpoint', 'code'], 'Attempts that failed or broke off, by error.'),
    resumes: count('resumes_total', ['outcome'], 'Bodies that broke off, by whether they were gone on with.'),
    wins: count('wins_total', ['endpoint'], 'Attempts that won.'),
    ejections: count('ejections_total', ['endpoint', 'cause'], 'Times that the endpoint was left out, by why.'),
    hedgesStarted: count('hedges_started_total', [], 'Attempts that a hedge delay started.'),
    hedgesWon: count('hedges_won_total', [], 'Attempts that a hedge delay started and that won.'),
    hedgesDenied: count('hedges_denied_total', [], 'Hedges that did not start for lack of budget.'),
    wastedAttempts: count('wasted_attempts_total', ['endpoint'], 'Attempts of which no client got anything.'),
    wastedSeconds: count('wasted_seconds_total', ['endpoint'], 'Time of attempts of which no client got anything.'),
    wastedBytes: count('wasted_bytes_total', ['endpoint'], 'Bytes of response bodies that were read for no client.'),
  };
}

function histograms(registry: MetricsRegistry, buckets: number[]) {
  return {
    requestDuration: new Histogram({
      ...named(registry, 'request_duration_seconds', 'Time from a request to the end of its response.'),
      labelNames: ['outcome'],
      buckets,
    }),
    requestHead: new Histogram({
      ...named(registry, 'request_head_seconds', 'Time from a request to the head of its response.'),
      buckets,
    }),
    attemptDuration: new Histogram({
      ...named(registry, 'attempt_duration_seconds', 'Time from the start of an attempt to its usable response.'),
      labelNames: ['endpoint'],
      buckets,
    }),
  };
}

function gauges(registry: MetricsRegistry, readers: GaugeReaders) {
  return {
    requestsInFlight: new Gauge({
      ...named(registry, 'requests_in_flight', 'Requests whose response or attempts go on.'),
      ...filledBy(readers.requestsInFlight),
    }),
    endpointInFlight: new Gauge({
      ...named(registry, 'endpoint_in_flight', 'Attempts under way, and responses on their way to a client.'),
      labelNames: ['endpoint'],
      ...filledBy(readers.endpointInFlight),
    }),
    endpointTier: new Gauge({
      ...named(registry, 'endpoint_tier', 'The tier of the endpoint: those before it are asked first.'),
      labelNames: ['endpoint'],
      aggregator: 'max',
      ...filledBy(readers.endpointTier),
    }),
    endpointState: new Gauge({
      ...named(registry, 'endpoint_state', 'Proxies for which the endpoint is in this state.'),
      labelNames: ['endpoint', 'state'],
      ...filledBy(readers.endpointState),
    }),
    dnsFailing: new Gauge({
      ...named(registry, 'dns_failing', 'Whether DNS was asked in vain for the name the last time.'),
      labelNames: ['dns'],
      aggregator: 'max',
      ...filledBy(readers.dnsFailing),
    }),
  };
}

function counterIn(registry: MetricsRegistry) {
  return <Label extends string = never>(name: string, labelNames: Label[], help: string): Counter<Label> =>
    new Counter({ ...named(registry, name, help), labelNames });
}

function named(registry: MetricsRegistry, name: string, help: string) {
  return { name: `balancing_proxy_${name}`, help, registers: [registry] };
}

/** A gauge's function for a scrape. The gauge is emptied first, so that no endpoint stays that is gone. */
function filledBy<Label extends string>(fill: (gauge: Gauge<Label>) => void | Promise<void>) {
  return {
    collect(this: Gauge<Label>): void | Promise<void> {
      this.reset();
      return fill(this);
    },
  };
}
