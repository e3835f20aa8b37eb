import http from 'node:http';
import { Gauge, type OpenMetricsContentType, Registry, register } from 'prom-client';
import type { DnsSnapshot, EndpointSnapshot, Observer } from '../../../src/index.ts';
import {
  createMetrics,
  type MetricsOptions,
  mergeMetrics,
  type ObservedProxy,
} from '../../../src/observers/metrics/metrics.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { snapshotOf } from '../../helpers/snapshot.ts';
import { until } from '../../helpers/until.ts';
import { labelsOf, seriesIn, sumOf } from './series.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const newMetrics = (options: MetricsOptions = {}) => createMetrics({ registry: new Registry(), ...options });

/** Serves a proxy before one good endpoint. */
async function serve(listener = answering(200, 'good')) {
  const { url } = await resources.start(listener);
  return await resources.serve({ endpoints: [{ url, name: 'one' }] });
}

const ended = (served: { readonly events: ReadonlyArray<{ readonly type: string }> }, count: number) =>
  until(() => served.events.filter(({ type }) => type === 'request-ended').length, count);

/** Serves one handler. */
async function serveHandler(handler: http.RequestListener) {
  return await resources.listen(http.createServer(handler));
}

/** A proxy of which the test says what there is. */
class StandIn implements ObservedProxy {
  readonly observers = new Set<Observer>();
  known: readonly string[] = [];
  names: readonly DnsSnapshot[] = [];
  timesAsked = 0;

  get endpoints(): readonly EndpointSnapshot[] {
    this.timesAsked++;
    return this.known.map((name) => snapshotOf(name, { inFlight: 1, tier: 3 }));
  }

  readonly subscribe = (observer: Observer) => {
    this.observers.add(observer);
    return () => void this.observers.delete(observer);
  };
}

/** A name that DNS is asked for. @param problem says why it was asked in vain, if it was. */
function nameOf(dns: string, problem?: string): DnsSnapshot {
  return { dns, index: 0, record: 'A', refreshMs: 1_000, answers: undefined, endpoints: [], problem };
}

describe('createMetrics', () => {
  afterEach(() => register.clear());

  test("registers metrics of its own prefix with prom-client's registry", () => {
    const { registry } = createMetrics();
    expect(registry).toBe(register);
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    expect(names.filter((name) => !name.startsWith('balancing_proxy_'))).toEqual([]);
    expect(names).toHaveLength(23);
  });

  test('gives the metrics of a registry that has them', () => {
    expect(createMetrics()).toBe(createMetrics({ registry: register }));
    expect(createMetrics({ registry: new Registry() })).not.toBe(createMetrics());
  });

  test('makes new ones when the registry was cleared', async () => {
    const before = createMetrics();
    register.clear();
    const after = createMetrics();
    expect(after).not.toBe(before);
    expect(await register.metrics()).toContain('balancing_proxy_requests_total');
  });

  test('takes the buckets of the histograms, which are 1 ms to 30 s without any', async () => {
    const boundsOf = async ({ registry }: { readonly registry: Registry }) => {
      const stands = await registry.getMetricsAsJSON();
      const head = stands.find(({ name }) => name === 'balancing_proxy_request_head_seconds');
      return (head?.values ?? []).flatMap(({ labels }) => (labels.le === undefined ? [] : [labels.le]));
    };
    const registry = new Registry();
    createMetrics({ registry, buckets: [0.1, 1] });
    expect(await boundsOf({ registry })).toEqual([0.1, 1, '+Inf']);
    createMetrics();
    expect(await boundsOf({ registry: register })).toEqual([
      0.001,
      0.0025,
      0.005,
      0.01,
      0.025,
      0.05,
      0.1,
      0.25,
      0.5,
      1,
      2.5,
      5,
      10,
      30,
      '+Inf',
    ]);
  });

  test('works on a registry of the OpenMetrics format', async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const { observe } = createMetrics({ registry });
    const served = await serve();
    observe(served.proxy);
    await request(served.url);
    await ended(served, 1);
    expect(await registry.metrics()).toMatch(/^balancing_proxy_wins_total\{endpoint="one"\} 1$/m);
    expect(createMetrics({ registry })).toBe(createMetrics({ registry }));
  });

  test.each<[string, unknown, string]>([
    ['registry', {}, 'option `registry`: expected a Registry of prom-client, got {}'],
    ['registry', null, 'option `registry`: expected a Registry of prom-client, got null'],
    ['buckets', [], 'option `buckets`: expected seconds in ascending order, got []'],
    ['buckets', [1, 1], 'option `buckets`: expected seconds in ascending order, got [ 1, 1 ]'],
    ['buckets', [0, 1], 'option `buckets`: expected seconds in ascending order, got [ 0, 1 ]'],
    ['buckets', ['1'], "option `buckets`: expected seconds in ascending order, got [ '1' ]"],
    ['buckets', [1, Infinity], 'option `buckets`: expected seconds in ascending order, got [ 1, Infinity ]'],
    ['buckets', 1, 'option `buckets`: expected seconds in ascending order, got 1'],
    ['prefix', 'x', 'option `prefix` is unknown; known are registry, buckets'],
  ])('refuses %s %j', (option, value, message) => {
    const options: object = { [option]: value };
    expect(() => createMetrics(options)).toThrow(
      expect.objectContaining({ name: 'BalancingProxyError', code: 'ERR_BRP_OPTIONS', message }),
    );
  });

  test('tells all that is wrong at once', () => {
    const options: object = { registry: {}, buckets: [] };
    expect(() => createMetrics(options)).toThrow(/^2 problems:\n- option `registry`: .*\n- option `buckets`: /);
  });

  test('refuses other buckets on a registry that has the metrics', () => {
    const registry = new Registry();
    createMetrics({ registry, buckets: [1, 2] });
    expect(createMetrics({ registry })).toBe(createMetrics({ registry, buckets: [1, 2] }));
    const message = "option `buckets`: expected those that the registry's metrics have already, [ 1, 2 ], got [ 1 ]";
    expect(() => createMetrics({ registry, buckets: [1] })).toThrow(
      expect.objectContaining({ name: 'BalancingProxyError', code: 'ERR_BRP_OPTIONS', message }),
    );
  });
});

describe('observe', () => {
  test('adds up the proxies that are observed', async () => {
    const { registry, observe } = newMetrics();
    const proxies = [await serve(), await serve()];
    for (const { proxy } of proxies) observe(proxy);
    for (const served of proxies) {
      await request(served.url);
      await ended(served, 1);
    }
    expect(await sumOf(registry, 'requests_total')).toBe(2);
    expect(await sumOf(registry, 'wins_total', { endpoint: 'one' })).toBe(2);
    expect(await sumOf(registry, 'endpoint_state', { endpoint: 'one', state: 'available' })).toBe(2);
  });

  test('counts a proxy once, whoever observes it, until nobody does', async () => {
    const { registry, observe } = newMetrics();
    const served = await serve();
    const [stop, stopToo] = [observe(served.proxy), observe(served.proxy)];
    await request(served.url);
    await ended(served, 1);
    expect(await sumOf(registry, 'requests_total')).toBe(1);
    stop();
    stop();
    await request(served.url);
    await ended(served, 2);
    expect(await sumOf(registry, 'requests_total')).toBe(2);
    stopToo();
    await request(served.url);
    await ended(served, 3);
    expect(await sumOf(registry, 'requests_total')).toBe(2);
  });

  test('keeps what was counted when it ends, but nothing of the proxy', async () => {
    const { registry, observe } = newMetrics();
    const proxy = new StandIn();
    proxy.known = ['one'];
    const stop = observe(proxy);
    for (const observer of proxy.observers)
      observer({ type: 'endpoint-ejected', endpoint: 'one', forMs: 1, cause: 'unreachable' });
    expect(await sumOf(registry, 'endpoint_in_flight')).toBe(1);
    stop();
    proxy.timesAsked = 0;
    expect(await sumOf(registry, 'ejections_total')).toBe(1);
    expect(await labelsOf(registry, 'endpoint_in_flight', 'endpoint')).toEqual([]);
    expect([proxy.timesAsked, proxy.observers.size]).toEqual([0, 0]);
  });

  test('shows only the endpoints that are there at the moment', async () => {
    const { registry, observe } = newMetrics();
    const proxy = new StandIn();
    observe(proxy);
    for (const names of [['one', 'two'], ['two', 'three'], []]) {
      proxy.known = names;
      expect(await labelsOf(registry, 'endpoint_in_flight', 'endpoint')).toEqual(names);
      expect(await labelsOf(registry, 'endpoint_state', 'endpoint')).toEqual(names);
    }
  });

  test('adds up endpoints of one name', async () => {
    const { registry, observe } = newMetrics();
    const proxy = new StandIn();
    proxy.known = ['one', 'one'];
    observe(proxy);
    expect(await sumOf(registry, 'endpoint_in_flight', { endpoint: 'one' })).toBe(2);
  });

  test('tells for which names DNS fails, of several proxies if it does for one', async () => {
    const { registry, observe } = newMetrics();
    const [one, two] = [new StandIn(), new StandIn()];
    observe(one);
    observe(two);
    const failing = async () => {
      const series = (await seriesIn(registry)).filter(({ name }) => name === 'dns_failing');
      return Object.fromEntries(series.map(({ labels, value }) => [labels.dns, value]));
    };
    expect(await failing()).toEqual({});
    one.names = [nameOf('http://a.internal', 'nothing within 3000 ms'), nameOf('http://b.internal')];
    two.names = [nameOf('http://a.internal')];
    expect(await failing()).toEqual({ 'http://a.internal': 1, 'http://b.internal': 0 });
    one.names = [nameOf('http://a.internal')];
    expect(await failing()).toEqual({ 'http://a.internal': 0 });
  });

  test('is not put out by a request that was under way before', async () => {
    const { registry, observe } = newMetrics();
    const answers: Array<() => void> = [];
    const served = await serve((_, res) => void answers.push(() => res.end()));
    const early = request(served.url);
    await until(() => answers.length, 1);
    observe(served.proxy);
    const late = request(served.url);
    await until(() => answers.length, 2);
    expect(await sumOf(registry, 'requests_in_flight')).toBe(1);
    answers[0]?.();
    await early;
    await ended(served, 1);
    expect(await sumOf(registry, 'requests_in_flight')).toBe(1);
    answers[1]?.();
    await late;
    await ended(served, 2);
    expect(await sumOf(registry, 'requests_in_flight')).toBe(0);
    expect(await sumOf(registry, 'requests_total')).toBe(2);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['{}', {}],
    ['[Function (anonymous)]', () => {}],
  ])('refuses %s', (shown, value) => {
    expect(() => newMetrics().observe(value as ObservedProxy)).toThrow(
      new TypeError(`observe: expected what createBalancingProxy() gives, got ${shown}`),
    );
  });
});

describe('handler', () => {
  test('answers with all metrics of the registry, as Prometheus wants them', async () => {
    const { registry, observe, handler } = newMetrics();
    const served = await serve();
    observe(served.proxy);
    await request(served.url);
    await ended(served, 1);
    new Gauge({ name: 'of_the_user', help: 'Another metric.', registers: [registry] });
    const { url } = await serveHandler(handler);
    const { status, headers, text } = await request(url);
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text).toContain('\nbalancing_proxy_requests_total{strategy="race",outcome="served",status="2xx"} 1\n');
    expect(text).toContain('\nof_the_user 0\n');
    expect((await request(url, { method: 'HEAD' })).text).toBe('');
  });

  test.each<[string, unknown, string]>([
    ['throws', new Error('no such file'), 'no metrics: no such file\n'],
    ['throws what is no error', 'in vain', "no metrics: 'in vain'\n"],
  ])('answers 500 when a metric %s', async (_, thrown, text) => {
    const { registry, handler } = newMetrics();
    const collect = (): never => {
      throw thrown;
    };
    new Gauge({ name: 'broken', help: 'Throws.', registers: [registry], collect });
    const { url } = await serveHandler(handler);
    expect(await request(url)).toMatchObject({ status: 500, text });
  });

  test('breaks off a response that has begun already', async () => {
    const { handler } = newMetrics();
    const { url } = await serveHandler((req, res) => {
      res.writeHead(200).flushHeaders();
      handler(req, res);
    });
    await expect(request(url)).rejects.toThrow('aborted');
  });

  test('bears a client that has gone away', async () => {
    const { handler } = newMetrics();
    const closed = Promise.withResolvers<void>();
    const { url } = await serveHandler((req, res) => {
      res.once('close', () => {
        handler(req, res);
        closed.resolve();
      });
      client.destroy();
    });
    const client = http.get(url, { agent: false }).on('error', () => {});
    await closed.promise;
  });
});

describe('mergeMetrics', () => {
  test('adds up what several processes have counted and have under way', async () => {
    const collected = [newMetrics(), newMetrics()];
    const snapshots: object[] = [];
    for (const [index, { registry, observe }] of collected.entries()) {
      const proxy = new StandIn();
      proxy.known = index === 0 ? ['one'] : ['one', 'two'];
      proxy.names = [nameOf('http://a.internal', 'nothing within 3000 ms'), nameOf('http://b.internal')];
      observe(proxy);
      for (const observer of proxy.observers) {
        observer({
          type: 'response-started',
          requestId: 1,
          method: 'GET',
          url: '/',
          status: 200,
          endpoint: 'one',
          afterMs: 7,
        });
        observer({ type: 'endpoint-ejected', endpoint: 'one', forMs: 1, cause: 'unreachable' });
      }
      // As it comes from another process.
      snapshots.push(JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())));
    }
    const text = await mergeMetrics(snapshots);
    for (const line of [
      'balancing_proxy_ejections_total{endpoint="one",cause="unreachable"} 2',
      'balancing_proxy_endpoint_in_flight{endpoint="one"} 2',
      'balancing_proxy_endpoint_in_flight{endpoint="two"} 1',
      'balancing_proxy_dns_failing{dns="http://a.internal"} 1',
      'balancing_proxy_dns_failing{dns="http://b.internal"} 0',
      'balancing_proxy_endpoint_state{endpoint="one",state="available"} 2',
      'balancing_proxy_endpoint_tier{endpoint="one"} 3',
      'balancing_proxy_request_head_seconds_bucket{le="0.005"} 0',
      'balancing_proxy_request_head_seconds_bucket{le="0.01"} 2',
      'balancing_proxy_request_head_seconds_bucket{le="+Inf"} 2',
      'balancing_proxy_request_head_seconds_count 2',
      'balancing_proxy_requests_in_flight 0',
    ]) {
      expect(`\n${text}`).toContain(`\n${line}\n`);
    }
  });

  test('gives a text even of no process', async () => {
    expect(await mergeMetrics([])).toBe('\n');
  });
});
