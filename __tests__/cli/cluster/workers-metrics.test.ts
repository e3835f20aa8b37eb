import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { WorkerHandle } from '../../../src/cli/cluster/worker-handle.ts';
import { WorkersMetrics } from '../../../src/cli/cluster/workers-metrics.ts';
import { mergeMetrics } from '../../../src/observers/metrics/metrics.ts';
import { metricIn } from '../metrics.ts';

/** A worker with counts of its own. */
class FakeWorker {
  readonly number: number;
  readonly #registers = [new Registry()];
  readonly #wins = new Counter({ name: 'wins_total', help: 'x', labelNames: ['endpoint'], registers: this.#registers });
  readonly #requests = new Counter({ name: 'requests_total', help: 'x', registers: this.#registers });
  readonly #seconds = new Histogram({
    name: 'seconds',
    help: 'x',
    labelNames: ['endpoint'],
    buckets: [1],
    registers: this.#registers,
  });

  constructor(number: number) {
    this.number = number;
    const failing = new Gauge({
      name: 'balancing_proxy_dns_failing',
      help: 'x',
      labelNames: ['dns'],
      registers: this.#registers,
      aggregator: 'max',
    });
    for (const name of ['well', 'bad']) failing.set({ dns: `http://${name}.internal` }, 1);
  }

  request(): this {
    this.#requests.inc();
    return this;
  }

  win(endpoint: string, count = 1): this {
    this.#wins.inc({ endpoint }, count);
    this.#seconds.observe({ endpoint }, 1);
    return this;
  }

  forget(endpoint: string): void {
    this.#wins.remove({ endpoint });
    this.#seconds.remove({ endpoint });
  }

  async askInTime(): Promise<readonly object[]> {
    return structuredClone([await (this.#registers[0] as Registry).getMetricsAsJSON()]);
  }
}

/** The metrics of some workers. */
function metricsOf(...workers: readonly FakeWorker[]) {
  const alive = new Set(workers);
  const metrics = new WorkersMetrics((dns) => dns !== 'http://well.internal');
  const handle = (worker: FakeWorker) => worker as object as WorkerHandle;
  return {
    text: async () => mergeMetrics(await metrics.read([...alive].map(handle))),
    begin: (worker: FakeWorker) => alive.add(worker),
    async end(worker: FakeWorker): Promise<void> {
      alive.delete(worker);
      metrics.bury(handle(worker), await worker.askInTime());
    },
  };
}

const wins = (text: string, endpoint: string) => metricIn(text, 'wins_total', { endpoint });

/** Has a worker know that many endpoints. */
function fill(worker: FakeWorker, count: number, name = 'pod'): FakeWorker {
  for (let index = 0; index < count; index++) worker.win(`${name} ${index}`);
  return worker;
}

describe('the metrics of workers', () => {
  test('do not go down when one of the workers gives the label of an endpoint up', async () => {
    const [one, two] = [new FakeWorker(1).win('gone', 5), new FakeWorker(2).win('gone', 3)];
    const { text } = metricsOf(one, two);
    expect(wins(await text(), 'gone')).toBe(8);
    one.forget('gone');
    for (let scrape = 0; scrape < 3; scrape++) expect(wins(await text(), 'gone')).toBe(8);
    two.win('gone', 1);
    one.win('gone', 1);
    expect(wins(await text(), 'gone')).toBe(10);
  });

  test('tell no longer that DNS fails when it has answered again, though workers have not asked since', async () => {
    const text = await metricsOf(new FakeWorker(1), new FakeWorker(2)).text();
    const failing = (name: string) => metricIn(text, 'balancing_proxy_dns_failing', { dns: `http://${name}.internal` });
    expect([failing('well'), failing('bad')]).toEqual([0, 1]);
  });

  test('count what many endpoints share once', async () => {
    const { text } = metricsOf(new FakeWorker(1).win('other', 5), new FakeWorker(2).win('other', 3));
    for (let scrape = 0; scrape < 3; scrape++) expect(wins(await text(), 'other')).toBe(8);
  });

  test('have no series of an endpoint any more whose label all workers have given up', async () => {
    const workers = [fill(new FakeWorker(1), 255).win('gone'), fill(new FakeWorker(2), 255).win('gone')];
    const { text } = metricsOf(...workers);
    expect(await text()).toContain('"gone"');
    for (const worker of workers) {
      worker.forget('gone');
      worker.win('new');
    }
    const after = await text();
    expect(after).not.toContain('"gone"');
    expect([wins(after, 'new'), wins(after, 'pod 0')]).toEqual([2, 2]);
    expect(await text()).toBe(after);
  });

  test('keep what was counted before a worker has given a label up and ended', async () => {
    const [one, two] = [new FakeWorker(1).win('gone', 5), new FakeWorker(2).win('gone', 3)];
    const { text, end } = metricsOf(one, two);
    await text();
    one.forget('gone');
    await end(one);
    expect(wins(await text(), 'gone')).toBe(8);
  });

  test('keep what belongs to no endpoint when others have no room', async () => {
    const { text, begin, end } = metricsOf();
    for (let day = 1; day < 6; day++) {
      const worker = fill(new FakeWorker(day), 200, `day ${day}, pod`).request();
      begin(worker);
      expect(metricIn(await text(), 'requests_total')).toBe(day);
      await end(worker);
    }
  });

  test('keep of workers that are gone the endpoints that were known last, also when nobody asks meanwhile', async () => {
    const { text, end } = metricsOf();
    for (let day = 1; day < 4; day++) await end(fill(new FakeWorker(day).win('steady'), 255, `day ${day}, pod`));
    const last = await text();
    expect([wins(last, 'steady'), wins(last, 'day 3, pod 0'), wins(last, 'day 2, pod 254')]).toEqual([3, 1, 0]);
  });

  test('have no more endpoints than one process, however many come and go with their workers', async () => {
    const { text, begin, end } = metricsOf();
    for (let day = 1; day < 10; day++) {
      const worker = fill(new FakeWorker(day).win('other').win('steady'), 255, `day ${day}, pod`);
      begin(worker);
      const now = await text();
      const names = new Set([...now.matchAll(/^wins_total\{endpoint="(.*)"\}/gm)].map(([, name]) => name));
      expect(names.size).toBeLessThanOrEqual(257);
      expect([wins(now, 'steady'), wins(now, 'other')]).toEqual([day, day]);
      expect(wins(now, `day ${day}, pod 254`)).toBe(1);
      await end(worker);
    }
  });
});
